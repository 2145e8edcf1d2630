import { type Kysely, sql } from "kysely";

/** Tables of better-auth 1.7.6: core, organization, deviceAuthorization, rate limit in the database. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table "user" (
      "id" text primary key,
      "name" text not null,
      "email" text not null unique,
      "emailVerified" boolean not null,
      "image" text,
      "createdAt" timestamptz not null default current_timestamp,
      "updatedAt" timestamptz not null default current_timestamp
    )`.execute(db);
  await sql`
    create table "session" (
      "id" text primary key,
      "expiresAt" timestamptz not null,
      "token" text not null unique,
      "createdAt" timestamptz not null default current_timestamp,
      "updatedAt" timestamptz not null,
      "ipAddress" text,
      "userAgent" text,
      "userId" text not null references "user" ("id") on delete cascade,
      "activeOrganizationId" text
    )`.execute(db);
  await sql`
    create table "account" (
      "id" text primary key,
      "accountId" text not null,
      "providerId" text not null,
      "userId" text not null references "user" ("id") on delete cascade,
      "accessToken" text,
      "refreshToken" text,
      "idToken" text,
      "accessTokenExpiresAt" timestamptz,
      "refreshTokenExpiresAt" timestamptz,
      "scope" text,
      "password" text,
      "createdAt" timestamptz not null default current_timestamp,
      "updatedAt" timestamptz not null
    )`.execute(db);
  await sql`
    create table "verification" (
      "id" text primary key,
      "identifier" text not null,
      "value" text not null,
      "expiresAt" timestamptz not null,
      "createdAt" timestamptz not null default current_timestamp,
      "updatedAt" timestamptz not null default current_timestamp
    )`.execute(db);
  await sql`
    create table "organization" (
      "id" text primary key,
      "name" text not null,
      "slug" text not null unique,
      "logo" text,
      "createdAt" timestamptz not null,
      "metadata" text
    )`.execute(db);
  await sql`
    create table "member" (
      "id" text primary key,
      "organizationId" text not null references "organization" ("id") on delete cascade,
      "userId" text not null references "user" ("id") on delete cascade,
      "role" text not null,
      "createdAt" timestamptz not null
    )`.execute(db);
  await sql`
    create table "invitation" (
      "id" text primary key,
      "organizationId" text not null references "organization" ("id") on delete cascade,
      "email" text not null,
      "role" text,
      "status" text not null,
      "expiresAt" timestamptz not null,
      "createdAt" timestamptz not null default current_timestamp,
      "inviterId" text not null references "user" ("id") on delete cascade
    )`.execute(db);
  await sql`
    create table "deviceCode" (
      "id" text primary key,
      "deviceCode" text not null,
      "userCode" text not null,
      "userId" text,
      "expiresAt" timestamptz not null,
      "status" text not null,
      "lastPolledAt" timestamptz,
      "pollingInterval" integer,
      "clientId" text,
      "scope" text
    )`.execute(db);
  await sql`
    create table "rateLimit" (
      "id" text primary key,
      "key" text not null unique,
      "count" integer not null,
      "lastRequest" bigint not null
    )`.execute(db);

  await sql`create index "session_userId_idx" on "session" ("userId")`.execute(db);
  await sql`create index "account_userId_idx" on "account" ("userId")`.execute(db);
  await sql`create index "verification_identifier_idx" on "verification" ("identifier")`.execute(db);
  await sql`create index "member_organizationId_idx" on "member" ("organizationId")`.execute(db);
  await sql`create index "member_userId_idx" on "member" ("userId")`.execute(db);
  await sql`create index "invitation_organizationId_idx" on "invitation" ("organizationId")`.execute(db);
  await sql`create index "invitation_email_idx" on "invitation" ("email")`.execute(db);
  await sql`create unique index "deviceCode_deviceCode_uidx" on "deviceCode" ("deviceCode")`.execute(db);
  await sql`create unique index "deviceCode_userCode_uidx" on "deviceCode" ("userCode")`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table "rateLimit", "deviceCode", "invitation", "member", "organization", "verification",
    "account", "session", "user"`.execute(db);
}
