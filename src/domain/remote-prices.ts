/** What a machine or a sandbox costs by the list of its service, in US dollars. Null: that list does not say, or was not seen. */
export interface ListPrice {
  readonly usd: number | null;
  /** The day of the list, as YYYY-MM-DD; null without a price. */
  readonly asOf: string | null;
}

const NOT_KNOWN: ListPrice = { usd: null, asOf: null };

/**
 * Fly.io: a machine with one shared CPU that runs for all of 30 days, by region and megabytes of memory.
 * https://fly.io/docs/about/pricing/ (its first table is that of ams) and, for sjc, the examples of
 * https://fly.io/docs/about/cost-management/. Each region has its own prices; the others were not seen.
 */
const FLY_MACHINES: Readonly<
  Record<string, { readonly asOf: string; readonly monthly: Readonly<Record<number, number>> }>
> = {
  ams: { asOf: '2026-09-21', monthly: { 256: 2.02, 512: 3.32, 1024: 5.92, 2048: 11.11 } },
  iad: { asOf: '2026-05-28', monthly: { 256: 2.02 } },
  sjc: { asOf: '2026-08-07', monthly: { 256: 2.32, 512: 3.81, 1024: 6.79 } },
};

/** Daytona: by the hour, all regions alike; the first 5 GB of disk are free. https://www.daytona.io/pricing */
const DAYTONA = { asOf: '2026-05-25', cpu: 0.0504, memoryGb: 0.0162, diskGb: 0.000108, freeDiskGb: 5 };

/** A machine at Fly.io that runs all the time, for a month. Stopped, it costs its files only: $0.15 a GB. */
export function flyMachinePrice(region: string, size: { readonly cpus: number; readonly memoryMb: number }): ListPrice {
  const list = Object.hasOwn(FLY_MACHINES, region) ? FLY_MACHINES[region] : undefined;
  const usd = size.cpus === 1 ? list?.monthly[size.memoryMb] : undefined;
  return list === undefined || usd === undefined ? NOT_KNOWN : { usd, asOf: list.asOf };
}

/** A sandbox of Daytona that runs, for an hour. */
export function sandboxPrice(size: {
  readonly cpus?: number;
  readonly memoryGb?: number;
  readonly diskGb?: number;
}): ListPrice {
  const { cpus, memoryGb, diskGb } = size;
  if (cpus === undefined || memoryGb === undefined || diskGb === undefined) return NOT_KNOWN;
  const disk = Math.max(0, diskGb - DAYTONA.freeDiskGb) * DAYTONA.diskGb;
  return { usd: cpus * DAYTONA.cpu + memoryGb * DAYTONA.memoryGb + disk, asOf: DAYTONA.asOf };
}
