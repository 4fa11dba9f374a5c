/**
 * Prisma's schema engine as WebAssembly: it applies migrations and keeps Prisma's own `_prisma_migrations` table
 * without a downloaded binary. Its package leaves the instantiation of the `.wasm` file to a bundler, so it's done by
 * hand here.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';

/** The package's own binding, whose types stand with its other entry point. */
interface EngineModule {
  readonly SchemaEngine: typeof SchemaEngine;
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

let loaded: Promise<EngineModule> | undefined;

/** The engine leaves the timer of its own lock running for 10 s; it must not hold up the end of the process. */
function idleTimers(module: object): WebAssembly.ModuleImports {
  const timers = Object.entries(module).filter(([name]) => name.startsWith('__wbg_setTimeout'));
  return Object.fromEntries(
    timers.map(([name, set]: [string, (...args: unknown[]) => unknown]) => [
      name,
      (...args: unknown[]) => {
        const timer = set(...args);
        if (typeof timer === 'object' && timer !== null && 'unref' in timer)
          (timer as NodeJS.Timeout).unref();
        return timer;
      },
    ]),
  );
}

async function instantiate(): Promise<EngineModule> {
  const require = createRequire(import.meta.url);
  // Named by a variable: the package publishes no types for this entry point.
  const binding: string = '@prisma/schema-engine-wasm/schema_engine_bg';
  const file = require.resolve(binding).replace(/\.js$/, '.wasm');
  const module = (await import(binding)) as EngineModule;
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    './schema_engine_bg.js': { ...(module as unknown as WebAssembly.ModuleImports), ...idleTimers(module) },
  });
  module.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return module;
}

/**
 * The adapter runs a script statement by statement, split at every semicolon, which cuts function bodies apart.
 * Here the whole script is one query, and so one transaction: a migration is applied wholly or not at all.
 */
function wholeScripts(
  url: string,
  schema: string,
  opened: SqlDriverAdapter[],
): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg({ connectionString: url, max: 1 }, { schema });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    opened.push(adapter);
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  };
  return factory;
}

/**
 * Runs `work` with a schema engine on the database.
 *
 * @param url - a role that owns the schema; its search path leads to `schema`
 * @param schema - the schema that Prisma's tables stand in
 */
export async function withSchemaEngine<T>(
  url: string,
  schema: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  loaded ??= instantiate();
  const { SchemaEngine: Engine } = await loaded;
  const opened: SqlDriverAdapter[] = [];
  const factory = bindMigrationAwareSqlAdapterFactory(wholeScripts(url, schema, opened));
  const engine = await Engine.new({ datamodels: undefined }, () => undefined, factory);
  try {
    return await work(engine);
  } finally {
    engine.free();
    // The engine leaves its sessions open.
    for (const adapter of opened) await adapter.dispose();
  }
}
