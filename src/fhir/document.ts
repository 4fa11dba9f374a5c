/** A FHIR JSON file as the flat list of resources in it, each with its place. */
import type { z } from 'zod';
import { readJson } from './json.js';
import type { JsonMembers, JsonValue } from './json.js';
import type { FhirPath } from './problem.js';
import type { Problems } from './problem.js';
import { bundle } from './resources.js';
import { checkForm, isObject } from './rules.js';

/** A resource and where it stands. */
export interface Located {
  readonly path: FhirPath;
  /** The `fullUrl` of its Bundle entry; null outside a Bundle. */
  readonly fullUrl: string | null;
  readonly type: string;
  readonly id: string | null;
  readonly resource: JsonMembers;
}

/** A file that was read: its resources in their order. Empty with problems when it can't be read. */
export interface FhirDocument {
  readonly resources: readonly Located[];
  /** Bundle entries without a resource, by method: `GET entry`. */
  readonly bare: Readonly<Record<string, number>>;
}

/** Bundle types whose entries are resources (R4, 2.36.2). A history holds versions, not the state. */
const BUNDLES = new Set([
  'document',
  'message',
  'transaction',
  'batch',
  'batch-response',
  'searchset',
  'collection',
]);

/** Reads one file. A searchset inside a batch-response is read too. */
export function readDocument(bytes: Uint8Array, problems: Problems): FhirDocument {
  const reading = new Reading(problems);
  const value = readJson(bytes, problems);
  if (value !== undefined) reading.resource(value, [], null);
  reading.checkUnique();
  return { resources: reading.found, bare: reading.bare };
}

/**
 * Checks a value against a schema and reports what differs, each with its path.
 *
 * @returns the parsed value, or null when it differs
 */
export function checkShape<T>(
  schema: z.ZodType<T>,
  value: JsonMembers,
  path: FhirPath,
  problems: Problems,
): T | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const message = issue.message
      .replace(/^Invalid (input|option): /, '')
      .replace('received undefined', 'got nothing')
      .replace('received', 'got');
    problems.add([...path, ...(issue.path as (string | number)[])], message);
  }
  return null;
}

class Reading {
  readonly found: Located[] = [];
  readonly bare: Record<string, number> = {};

  constructor(private readonly problems: Problems) {}

  resource(value: JsonValue, path: FhirPath, fullUrl: string | null): void {
    if (!isObject(value)) {
      this.problems.add(path, 'expected a FHIR resource');
      return;
    }
    const type = value['resourceType'];
    if (typeof type !== 'string' || !/^[A-Z][A-Za-z]{0,63}$/.test(type)) {
      this.problems.add([...path, 'resourceType'], 'expected the type of a FHIR resource');
    } else if (type === 'Bundle') {
      this.#bundle(value, path);
    } else {
      const id = typeof value['id'] === 'string' ? value['id'] : null;
      this.found.push({ path, fullUrl, type, id, resource: value });
    }
  }

  #bundle(value: JsonMembers, path: FhirPath): void {
    const parsed = checkShape(bundle, value, path, this.problems);
    if (parsed === null) return;
    if (!BUNDLES.has(parsed.type)) {
      this.problems.add([...path, 'type'], `expected one of ${[...BUNDLES].join(', ')}, got ${parsed.type}`);
      return;
    }
    const { entry: _entries, ...head } = value;
    checkForm(head, path, this.problems);
    const entries = (value['entry'] ?? []) as readonly JsonMembers[];
    parsed.entry?.forEach((entry, index) => {
      const at = [...path, 'entry', index];
      const method = entry.request?.method;
      if (method === 'DELETE' || method === 'PATCH') {
        this.problems.add([...at, 'request', 'method'], `expected POST or PUT, got ${method}`);
      }
      const resource = entries[index]?.['resource'];
      if (resource !== undefined) this.resource(resource, [...at, 'resource'], entry.fullUrl ?? null);
      else this.#countBare(method === undefined ? 'empty entry' : `${method} entry`);
    });
  }

  #countBare(label: string): void {
    this.bare[label] = (this.bare[label] ?? 0) + 1;
  }

  /** Two resources under one URL would make every reference to it ambiguous (R4, 2.36.4). */
  checkUnique(): void {
    const seen = new Set<string>();
    for (const { fullUrl, path } of this.found) {
      if (fullUrl === null) continue;
      if (seen.has(fullUrl)) {
        this.problems.add(
          [...path.slice(0, -1), 'fullUrl'],
          'expected one resource of this URL, got several',
        );
      }
      seen.add(fullUrl);
    }
  }
}
