/** What holds for every FHIR element in JSON, whatever its type (FHIR R4, 2.6.2 "JSON Representation"). */
import type { JsonMembers, JsonValue } from './json.js';
import type { FhirPath, Problems } from './problem.js';

/** Whether a value is a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks the form of a resource: nothing empty, null only in a primitive list beside its extensions (2.6.2.3), and
 * nothing that changes the meaning of the rest without being understood (`modifierExtension`, `implicitRules`; 2.4.0.2).
 * Narrative (`text.div`) and contained resources are left to who reads them.
 */
export function checkForm(resource: JsonMembers, path: FhirPath, problems: Problems): void {
  if (resource['implicitRules'] !== undefined) {
    problems.add(
      [...path, 'implicitRules'],
      'expected none: rules that change the meaning are not known here',
    );
  }
  checkMembers(resource, path, problems);
}

function checkMembers(element: JsonMembers, path: FhirPath, problems: Problems): void {
  const names = Object.keys(element);
  if (names.length === 0) problems.add(path, 'expected members, got an empty object');
  for (const name of names) {
    const at = [...path, name];
    if (name === 'modifierExtension') {
      problems.add(at, 'expected none: an extension that changes the meaning is not known here');
    } else if (name !== 'contained') {
      checkValue(element[name] ?? null, at, problems, partner(element, name));
    }
  }
}

/** `_given` of `given`, and the other way round. */
function partner(element: JsonMembers, name: string): JsonValue | undefined {
  return element[name.startsWith('_') ? name.slice(1) : `_${name}`];
}

function checkValue(
  value: JsonValue,
  path: FhirPath,
  problems: Problems,
  beside: JsonValue | undefined,
): void {
  if (value === null) {
    problems.add(path, 'expected a value, got null');
  } else if (value === '') {
    problems.add(path, 'expected text, got an empty string');
  } else if (Array.isArray(value)) {
    checkList(value as readonly JsonValue[], path, problems, beside);
  } else if (isObject(value)) {
    checkMembers(value, path, problems);
  }
}

function checkList(
  list: readonly JsonValue[],
  path: FhirPath,
  problems: Problems,
  beside: JsonValue | undefined,
): void {
  if (list.length === 0) problems.add(path, 'expected items, got an empty list');
  list.forEach((item, index) => {
    const at = [...path, index];
    if (item === null) {
      const other = Array.isArray(beside) ? (beside as readonly JsonValue[])[index] : undefined;
      if (other === undefined || other === null) problems.add(at, 'expected a value, got null');
    } else if (Array.isArray(item)) {
      problems.add(at, 'expected a value, got a list inside a list');
    } else {
      checkValue(item, at, problems, undefined);
    }
  });
}
