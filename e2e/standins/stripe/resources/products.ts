import { z } from "zod";
import { StripeError } from "../core/errors.ts";
import type { Product } from "../core/objects.ts";
import { bool, list, mergeMetadata, metadata, page, params, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { changed } from "./customers.ts";
import { listed } from "./listed.ts";
import { matches } from "./search.ts";

const fields = {
  active: bool.optional(),
  description: z.string().optional(),
  images: list(text).optional(),
  metadata: metadata.optional(),
  statement_descriptor: z.string().optional(),
  tax_code: z.string().optional(),
  unit_label: z.string().optional(),
  url: z.string().optional(),
};
type Fields = z.output<z.ZodObject<typeof fields>>;

function apply(product: Product, input: Fields): void {
  if (input.active !== undefined) product.active = input.active;
  if (input.images) product.images = input.images;
  for (const name of ["description", "statement_descriptor", "tax_code", "unit_label", "url"] as const) {
    const value = input[name];
    if (value !== undefined) product[name] = value || null;
  }
  product.metadata = mergeMetadata(product.metadata, input.metadata);
}

export function createProduct(
  world: World,
  input: Fields & { name: string; id?: string | undefined },
): Product {
  if (input.id !== undefined && world.state.products.find(input.id)) {
    throw new StripeError(400, "Product already exists.", { code: "resource_already_exists", param: "id" });
  }
  const now = world.clock.now();
  const product: Product = {
    id: input.id ?? world.id("prod", 14),
    object: "product",
    active: true,
    created: now,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    name: input.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    type: "service",
    unit_label: null,
    updated: now,
    url: null,
  };
  apply(product, input);
  world.state.products.add(product);
  world.emit("product.created", product);
  return product;
}

export const productRoutes = [
  route("POST", "/v1/products", params({ ...fields, id: text.optional(), name: text }), ({ world, input }) =>
    createProduct(world, input),
  ),
  route(
    "GET",
    "/v1/products",
    params({ ...page, active: bool.optional(), ids: z.array(text).optional() }),
    ({ world, input }) =>
      listed(
        world.state.products,
        input,
        "/v1/products",
        ({ id, active }) =>
          (input.active === undefined || active === input.active) && (!input.ids || input.ids.includes(id)),
      ),
  ),
  route("GET", "/v1/products/search", params({ query: text, limit: page.limit }), ({ world, input }) => {
    const found = world.state.products.newest((product) => matches(input.query, { ...product }));
    return {
      object: "search_result",
      data: found.slice(0, input.limit),
      has_more: false,
      next_page: null,
      url: "/v1/products/search",
    };
  }),
  route("GET", "/v1/products/:id", params({}), ({ world, path }) => world.state.products.get(path.id!)),
  route(
    "POST",
    "/v1/products/:id",
    params({ ...fields, name: text.optional(), default_price: text.optional() }),
    ({ world, path, input }) => {
      const product = world.state.products.get(path.id!);
      const before = structuredClone(product);
      if (input.default_price !== undefined) {
        product.default_price = world.state.prices.get(input.default_price, "default_price").id;
      }
      if (input.name !== undefined) product.name = input.name;
      apply(product, input);
      product.updated = world.clock.now();
      world.emit("product.updated", product, changed(before, product));
      return product;
    },
  ),
];
