/** Who may ask for the schema (design: access, "Hardening"): in production signed-in vendors only. */
import { BREAK, NoSchemaIntrospectionCustomRule, validate, visit } from 'graphql';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { VitrineError } from '../ledger/core/error.js';
import type { Caller } from '../records/index.js';
import type { Config } from './settings.js';

/** Tells whether a gateway's question for the subgraph's text is asked, anywhere in the document. */
function asksForService(document: DocumentNode): boolean {
  let asked = false;
  visit(document, {
    Field: (node) => {
      if (node.name.value !== '_service') return undefined;
      asked = true;
      return BREAK;
    },
  });
  return asked;
}

/** @throws VitrineError FORBIDDEN when `document` asks for the schema and `caller` may not. */
export function requireIntrospection(
  policy: Config['introspection'],
  caller: Caller,
  schema: GraphQLSchema,
  document: DocumentNode,
): void {
  if (policy === 'all' || (policy === 'vendors' && caller?.roles.has('VENDOR'))) return;
  if (asksForService(document) || validate(schema, document, [NoSchemaIntrospectionCustomRule]).length > 0) {
    throw new VitrineError(
      'FORBIDDEN',
      policy === 'vendors' ? 'the schema is shown to signed-in vendors only' : 'the schema is not shown here',
    );
  }
}
