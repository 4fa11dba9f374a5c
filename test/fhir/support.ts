import { planFile } from '../../src/fhir/index.js';
import type { Plan, References } from '../../src/fhir/index.js';

export type Resource = Record<string, unknown>;

export const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A transaction Bundle whose entries are called by what their ids make: `urn:uuid:<id>`. */
export function bundleOf(...resources: readonly Resource[]): Resource {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({
      fullUrl: `urn:uuid:${String(resource['id'])}`,
      resource,
      request: { method: 'POST', url: String(resource['resourceType']) },
    })),
  };
}

export const planOf = (value: unknown, shared: References | null = null): Plan =>
  planFile(bytesOf(value), shared);

export const patient = (more: Resource = {}): Resource => ({
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'urn:oid:1.2.3', value: '42' }],
  name: [{ family: 'Muñoz', given: ['Ana', 'María'], prefix: ['Dr.'] }],
  birthDate: '1980-05-06',
  ...more,
});

export const organisation = (more: Resource = {}): Resource => ({
  resourceType: 'Organization',
  id: 'o1',
  identifier: [{ system: 'urn:oid:9', value: 'H1' }],
  type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: 'prov' }] }],
  name: 'Testing Hospital',
  address: [{ state: 'MA' }],
  ...more,
});

export const encounter = (more: Resource = {}): Resource => ({
  resourceType: 'Encounter',
  id: 'e1',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  subject: { reference: 'urn:uuid:p1' },
  period: { start: '2020-01-02T10:00:00+02:00', end: '2020-01-02T11:00:00+02:00' },
  serviceProvider: { reference: 'urn:uuid:o1' },
  ...more,
});

export const condition = (more: Resource = {}): Resource => ({
  resourceType: 'Condition',
  id: 'c1',
  code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003', display: 'Hypertension' }] },
  subject: { reference: 'urn:uuid:p1' },
  encounter: { reference: 'urn:uuid:e1' },
  ...more,
});
