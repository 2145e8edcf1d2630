# One image for all programs; the command chooses: portal, relay or migrate.
#   docker build -t hotspot . && docker run --env-file .env -p 3000:3000 hotspot portal

# Compiles the portal.
FROM oven/bun:1.4.5-slim AS build
WORKDIR /app
COPY package.json bun.lock ./
COPY server/dev/*.mjs server/dev/
RUN bun server/dev/bootstrap.mjs install
COPY . .
RUN bun server/dev/bootstrap.mjs build

# What the programs need to run; Node and Bun are among it.
FROM oven/bun:1.4.5-slim AS dependencies
WORKDIR /app
COPY package.json bun.lock ./
COPY server/dev/*.mjs server/dev/
RUN bun server/dev/bootstrap.mjs install --production

FROM debian:trixie-slim
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /data --create-home hotspot
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/node_modules/.cache/hotspot node_modules/.cache/hotspot
# The build is found by a hash of the sources, so these are the same ones.
COPY . .
ENV NODE_ENV=production \
    HOTSPOT_DATA_DIR=/data \
    PATH=/app/node_modules/.bin:$PATH
USER hotspot
EXPOSE 3000 8789
ENTRYPOINT ["node", "server/dev/bootstrap.mjs"]
CMD ["portal"]
