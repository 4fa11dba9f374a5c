/**
 * What the tests of crashes have in common: a deployment under a load of mutations, and what must hold of it after each
 * harm. What was acknowledged is there, nothing is there twice, everything verifies.
 */
import pg from 'pg';
import { expect } from 'vitest';
import { verifyAll } from '../../src/cli/verify.js';
import { parseConfig } from '../../src/config.js';
import { Api, populate } from './api.js';
import { indexesOf, Load } from './load.js';
import { Deployment, type Running, until } from './process.js';

/** Acknowledgements resent at once when receipts are compared. */
const AT_ONCE = 16;

interface Counted {
  readonly entries: number;
  /** Different (institution, member, request, part) in the entries themselves. */
  readonly requests: number;
  readonly highest: number;
}

/** `vitrine verify`, on the same database while the server has it: what does not hold, and how many entries there are. */
export async function findingsOf(
  deployment: Deployment,
): Promise<{ findings: readonly unknown[]; entries: bigint }> {
  const config = parseConfig({ ...deployment.environment, LOG_LEVEL: 'error' });
  const ignore = (): void => undefined;
  const { findings, entries } = await verifyAll(config, ignore, ignore);
  return { findings, entries };
}

export class Drill {
  /** The process that runs now; it can be replaced by `start`. */
  server!: Running;
  api!: Api;
  load!: Load;

  private constructor(readonly deployment: Deployment) {}

  /** A server with people and a programme in it, and a load of that many workers that hasn't begun. */
  static async open(workers: number, deployment?: Deployment): Promise<Drill> {
    const drill = new Drill(deployment ?? (await Deployment.make()));
    await drill.start();
    const world = await populate(drill.api);
    const programme = { code: 'LOAD', title: 'Load', budget: { amount: 1_000_000_000, currency: 'EUR' } };
    const created = await drill.api.must('regulator.one', 'createProgramme', programme, 'programme { id }');
    drill.load = new Load(workers, world, (created['programme'] as { id: string }).id);
    return drill;
  }

  async start(): Promise<void> {
    this.server = this.deployment.run();
    this.api = new Api(await this.server.listening());
  }

  end(): Promise<void> {
    return this.deployment.end();
  }

  /** Expects `vitrine verify` to find nothing, and gives the number of entries. */
  async expectClean(): Promise<bigint> {
    const { findings, entries } = await findingsOf(this.deployment);
    expect(findings).toEqual([]);
    return entries;
  }

  /** Sends acknowledged requests again: each gets the positions that it got first. */
  async expectSameReceipts(acknowledged: Load['acknowledged']): Promise<void> {
    for (let at = 0; at < acknowledged.length; at += AT_ONCE) {
      const some = acknowledged.slice(at, at + AT_ONCE);
      const receipts = await Promise.all(some.map((one) => this.#again(one)));
      expect(receipts).toEqual(some.map(({ indexes }) => indexes));
    }
  }

  async #again({ intent }: Load['acknowledged'][number]): Promise<number[]> {
    const { payload, errors } = await this.api.send(intent);
    expect(errors).toEqual([]);
    return payload === null ? [] : indexesOf(payload);
  }

  /** Counts what the entries themselves say, not the table that the server looks requests up in. */
  async count(): Promise<Counted> {
    const client = new pg.Client({ connectionString: await this.deployment.ownerUrl() });
    await client.connect();
    try {
      const { rows } = await client.query<Counted>(`
        SELECT count(*)::int AS entries, max(index)::int AS highest,
               count(DISTINCT (institution, actor, o->>'request', o->>'part'))::int AS requests
        FROM (SELECT index, institution, actor, convert_from(opening, 'UTF8')::json AS o FROM entry) e`);
      return rows[0] ?? { entries: 0, requests: 0, highest: -1 };
    } finally {
      await client.end();
    }
  }

  /** Runs the load until `more` mutations were acknowledged, and does `harm` while it goes on. */
  async loadUntil(more: number, harm: () => Promise<void>): Promise<void> {
    const enough = this.load.acknowledged.length + more;
    this.load.start(() => this.api);
    const { load } = this;
    await until(
      'the load is under way',
      () => load.acknowledged.length >= enough || load.refusals.length > 0,
    );
    await harm();
  }

  /** After a crash: clean before anything is sent again; then everything open is answered, and known requests stay known. */
  async expectNothingLost(since: number): Promise<void> {
    await this.expectClean();
    await this.load.settle(() => this.api);
    expect(this.load.refusals).toEqual([]);
    await this.expectSameReceipts(this.load.acknowledged.slice(since));
    const { entries, requests, highest } = await this.count();
    expect([requests, highest]).toEqual([entries, entries - 1]);
  }
}
