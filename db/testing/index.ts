export * from "./factories.ts";
export { createTestDb, type TestDb } from "./test-db.ts";
