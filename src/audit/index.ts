export { BatchReceiptResolver } from './batch.resolver.js';
export { BlockFieldsResolver, BlockResolver, CheckpointFieldsResolver } from './block.resolver.js';
export { BlockConnection, BlockObject, CheckpointObject } from './block.type.js';
export { ProofBundleObject } from './bundle.type.js';
export { CosignatureObject } from './cosignature.type.js';
export { EntryResolver, OpeningResolver } from './entry.resolver.js';
export { EntryConnection, EntryObject, OpeningObject } from './entry.type.js';
export { InclusionTextResolver, ProofResolver, ReceiptProofResolver } from './proof.resolver.js';
export { ConsistencyProofObject, InclusionProofObject } from './proof.type.js';
export {
  AccessDownloadResolver,
  AccessProofResolver,
  AnchorResolver,
  PayloadReceiptResolver,
  ReceiptResolver,
  RecordLogResolver,
} from './record.resolver.js';
export { Anchor, Receipt } from './receipt.type.js';
