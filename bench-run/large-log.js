/**
 * A log that is long: entries as recording care makes them, statement and signature included, without the sealed
 * records, which the log doesn't look at. Sealing a million of them would measure sealing.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { canonical, compactJws, signatureInput, statementBytes } from '/work/wt/appends/dist/ledger/core/index.js';
import { nativeHash } from '/work/wt/appends/dist/ledger/index.js';
const GROUP = 256;
/** Groups that are signed while others are written. */
const AT_ONCE = 4;
/** Appends entries until the log has `size`, and tells how many there are now and then. */
export async function fillLog({ ledger }, author, size, onProgress = () => undefined) {
    const by = delegatedKey(ledger, author);
    let begun = Number(await ledger.sync());
    const worker = async () => {
        while (begun < size) {
            const count = Math.min(GROUP, size - begun);
            begun += count;
            const group = Array.from({ length: count }, (_, part) => entry(ledger, author, by, part));
            await ledger.append(await Promise.all(group));
            onProgress(Number(ledger.trusted.size));
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
function delegatedKey({ trusted }, { institution }) {
    const key = trusted.latestKey(institution, 'delegated');
    if (key === undefined)
        throw new Error('the institution has no delegated key');
    return { key: key.thumbprint, entry: key.entry, mode: 'delegated' };
}
async function entry({ origin, keys }, author, by, place) {
    const op = 'encounter.record';
    const subject = { kind: 'Encounter', id: randomUUID(), version: 1 };
    const [content, fields] = [random32(), random32()];
    const [request, part] = [randomUUID(), 0];
    const detail = { authority: [1, 2, Number(by.entry)], input: randomBytes(32).toString('hex') };
    const stated = { origin, op, subject, supersedes: null, content, fields, request, part };
    const payload = statementBytes({ ...stated, detail: nativeHash(canonical(detail)) });
    const signature = await keys.signStatement(by.key, signatureInput(by.key, payload));
    return {
        op,
        actor: author.member,
        institution: author.institution,
        by,
        subject,
        supersedes: null,
        content,
        fields,
        threads: [author.patients[place % author.patients.length] ?? subject.id],
        request,
        part,
        signature: compactJws(by.key, payload, signature),
        detail,
        authority: [],
        rows: [],
        unique: [],
        words: [],
        counters: [],
        inputHash: '00',
    };
}
function random32() {
    return Uint8Array.from(randomBytes(32));
}
