import { runTrial, type TrialMode } from "./trial.ts";

/**
 * `npm run ledger:trials [-- <how many>] [--from <seed>] [--mode hostile|prompt|calm]`: lives of subscriptions against a
 * hostile Stripe, in memory. Prints the seed and the differences of each that fails; exit code 1 when one did.
 */
async function main(args: string[]): Promise<number> {
  const named = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args.splice(at, 2)[1];
  };
  const from = Number(named("--from") ?? 1);
  const mode = (named("--mode") ?? "hostile") as TrialMode;
  const count = Number(args[0] ?? 10_000);
  const sum = { invoices: 0, crashes: 0, carried: 0 };
  let failed = 0;
  const startedAt = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const result = await runTrial(seed, mode);
    for (const key of ["invoices", "crashes", "carried"] as const) sum[key] += result[key];
    if (result.problems.length === 0) continue;
    failed++;
    console.error(`seed ${seed} (${mode}):\n  ${result.problems.join("\n  ")}`);
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `invoice equals ledger in ${count - failed} of ${count} ${mode} trials: ${sum.invoices} invoices, ${sum.crashes} crashes, ` +
      `${sum.carried} quantities carried over, ${seconds} s`,
  );
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
