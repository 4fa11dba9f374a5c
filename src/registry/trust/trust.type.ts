/** A vendor's trusted documents as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
import { Classified, HashScalar, Node, RecordObject } from '../../api/index.js';
import { fromHex } from '../../ledger/core/index.js';
import { documentHash, type TrustValues } from '../../standing/index.js';

@ObjectType({ description: 'A document that a vendor’s machine may send.' })
export class TrustedDocument {
  constructor(private readonly document: TrustValues['documents'][number]) {}

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'How people call it.' })
  get name(): string {
    return this.document.name;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Its text, without what GraphQL ignores.' })
  get text(): string {
    return this.document.text;
  }

  @Classified('STRUCTURE')
  @Field(() => HashScalar, { description: 'SHA-256 of the text: what a sent document is held against.' })
  get hash(): Uint8Array {
    return fromHex(documentHash(this.document.text));
  }
}

@ObjectType('TrustedDocuments', {
  implements: [RecordObject, Node],
  description:
    'The documents that a vendor’s machine may send; kept by the institution that enrolled it. While enforced, nothing else runs for it.',
})
export class TrustedDocuments extends RecordObject<TrustValues> {
  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the vendor’s member.' })
  get memberId(): string {
    return this.record.values.member;
  }

  @Classified('DIRECTORY')
  @Field(() => Boolean, { description: 'Whether nothing else runs for it.' })
  get enforced(): boolean {
    return this.record.values.enforced;
  }

  @Classified('DIRECTORY')
  @Field(() => [TrustedDocument], { description: 'The documents, as they were given.' })
  get documents(): TrustedDocument[] {
    return this.record.values.documents.map((document) => new TrustedDocument(document));
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'Why it is so.' })
  get reason(): string {
    return this.record.values.reason;
  }
}
