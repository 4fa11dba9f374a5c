import { describe, expect, it } from 'vitest';
import {
  cosign,
  COSIGNATURE,
  ED25519,
  formatCheckpoint,
  formatNote,
  formatVkey,
  merkleRoot,
  type NoteKey,
  noteKey,
  noteSignature,
  type NoteSignature,
  parsePolicy,
  signedMessage,
  utf8,
  verifyCosigned,
  VitrineError,
} from '../../../src/ledger/core/index.js';
import { publicOf, refusal, signWith, verify } from './support.js';

const ORIGIN = 'vitrine.example/log';
const TIME = 1_679_315_147n;
const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const keyOf = (name: string, type: number, n: number): NoteKey => noteKey(name, type, publicOf(seedOf(n)));

const log = keyOf(ORIGIN, ED25519, 1);
const [w1, w2, w3, w4, w5, w6] = [11, 12, 13, 14, 15, 16].map((n) =>
  formatVkey(keyOf(`w${n}.example`, COSIGNATURE, n)),
);
const LOG = `log ${formatVkey(log)}\n`;
/** The specification's example, "Example policy". */
const EXAMPLE = `${LOG}
witness X1 ${w1}
witness X2 ${w2}
witness X3 ${w3}
group X-witnesses 2 X1 X2 X3

witness Y1 ${w4}
witness Y2 ${w5}
witness Y3 ${w6}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const satisfied = (policy: string, ...names: string[]): boolean =>
  parsePolicy(policy).satisfied(new Set(names));

describe('a policy', () => {
  it('gives logs and witnesses with their keys and URLs', () => {
    const policy = parsePolicy(
      `${LOG.trim()} https://log.example/\nwitness a ${w1} http://w.example/x\nwitness b ${w2}\nquorum a\n`,
    );
    expect(policy.logs).toEqual([{ key: log, url: 'https://log.example/' }]);
    expect(policy.witnesses.map(({ name, key, url }) => [name, key.name, url])).toEqual([
      ['a', 'w11.example', 'http://w.example/x'],
      ['b', 'w12.example', null],
    ]);
  });

  it.each([
    [['X1', 'X2', 'Y1'], true],
    [['X1', 'X3', 'Y3', 'Y2'], true],
    [['X1', 'X2', 'X3'], false],
    [['X1', 'Y1', 'Y2', 'Y3'], false],
    [['X-witnesses', 'Y-witnesses'], false],
    [['X-and-Y'], false],
    [['X1', 'x2', 'Y1'], false],
    [[], false],
  ])('counts groups within groups: %j makes the quorum: %s', (names, expected) => {
    expect(satisfied(EXAMPLE, ...names)).toBe(expected);
  });

  it.each([
    ['one witness', `witness a ${w1}\nquorum a\n`, ['a'], ['b']],
    ['all of a group', `witness a ${w1}\nwitness b ${w2}\ngroup g all a b\nquorum g\n`, ['a', 'b'], ['a']],
    ['k = n of a group', `witness a ${w1}\nwitness b ${w2}\ngroup g 2 a b\nquorum g\n`, ['a', 'b'], ['b']],
    ['witnesses that no group counts', `witness a ${w1}\nwitness b ${w2}\nquorum b\n`, ['b'], ['a']],
    ['a group called all', `witness a ${w1}\ngroup all any a\nquorum all\n`, ['a'], ['all']],
    ['a group defined after the quorum', `witness a ${w1}\nquorum a\ngroup g any a\n`, ['a'], ['g']],
  ])('takes %s', (_what, policy, enough, short) => {
    expect(satisfied(policy, ...enough)).toBe(true);
    expect(satisfied(policy, ...short)).toBe(false);
  });

  it('asks for nobody under quorum none, and needs no logs', () => {
    expect(satisfied('quorum none\n')).toBe(true);
    expect(satisfied(`${LOG}witness a ${w1}\nquorum none\n`)).toBe(true);
  });

  it('ignores comments, empty lines and white space of spaces and tabs, and any octets in comments', () => {
    const text = `# comment\n\n \t\n\t # quorum x\n  witness \t ä\u00a0ö   ${w1}\t\n quorum ä\u00a0ö \n`;
    expect(satisfied(text, 'ä\u00a0ö')).toBe(true);
    const bytes = Uint8Array.of(0x23, 0xff, 0xfe, 0x0a, ...utf8('quorum none\n'));
    expect(parsePolicy(bytes).satisfied(new Set())).toBe(true);
  });

  it('takes 32 logs, witnesses and groups and more', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i + 1);
    const lines = numbers.flatMap((n) => [
      `log ${formatVkey(keyOf('l', ED25519, n))}`,
      `witness w${n} ${formatVkey(keyOf('w', COSIGNATURE, n))}`,
      `group g${n} any w${n}${n === 1 ? '' : ` g${n - 1}`}`,
    ]);
    expect(satisfied(`${lines.join('\n')}\nquorum g40\n`, 'w1')).toBe(true);
  });
});

const A = `witness a ${w1}\n`;
const B = `witness b ${w2}\n`;
const QUORUM = 'quorum none\n';

describe('a policy is refused with the line', () => {
  it.each([
    ['an unknown keyword', `${LOG}peer a\n${QUORUM}`, 2],
    ['a keyword in upper case', `LOG ${formatVkey(log)}\n${QUORUM}`, 1],
    ['a log without a key', `log\n${QUORUM}`, 1],
    ['a log with two URLs', `${LOG.trim()} a b\n${QUORUM}`, 1],
    ['a comment after a definition', `${LOG.trim()} http://x # mine\n${QUORUM}`, 1],
    ['a key that is none', `log ${formatVkey(log).slice(0, -1)}\n${QUORUM}`, 1],
    [
      'a key with another id',
      `log ${formatVkey(log).replace(/\+[0-9a-f]{8}\+/, '+00000000+')}\n${QUORUM}`,
      1,
    ],
    ["a log with a witness's key", `log ${w1}\n${QUORUM}`, 1],
    ["a witness with a log's key", `witness a ${formatVkey(log)}\n${QUORUM}`, 1],
    ['a log twice', `${LOG}${LOG}${QUORUM}`, 2],
    [
      'a public key twice under two names',
      `${LOG}log ${formatVkey(keyOf('other', ED25519, 1))}\n${QUORUM}`,
      2,
    ],
    ['a witness without a key', `witness a\n${QUORUM}`, 1],
    ['a witness with two URLs', `${A.trim()} u v\n${QUORUM}`, 1],
    ['a witness key twice', `${A}witness b ${w1}\n${QUORUM}`, 2],
    ['a witness name twice', `${A}witness a ${w2}\n${QUORUM}`, 2],
    ['a witness called none', `witness none ${w1}\n${QUORUM}`, 1],
    ['a group called none', `${A}group none any a\n${QUORUM}`, 2],
    ["a group with a witness's name", `${A}group a any a\n${QUORUM}`, 2],
    ['a group of nobody', `${A}group g any\n${QUORUM}`, 2],
    ['a group of none', `${A}group g any none\n${QUORUM}`, 2],
    ['a group of an unknown', `${A}group g any a c\n${QUORUM}`, 2],
    ['a group of one defined later', `group g any a\n${A}${QUORUM}`, 1],
    ['a group within itself', `${A}group g any a g\n${QUORUM}`, 2],
    ['a member twice in a group', `${A}group g 2 a a\n${QUORUM}`, 2],
    ['a member in two groups', `${A}${B}group g any a\ngroup h any b a\n${QUORUM}`, 4],
    ['a threshold of 0', `${A}group g 0 a\n${QUORUM}`, 2],
    ['a threshold above the members', `${A}group g 2 a\n${QUORUM}`, 2],
    ['a threshold with a leading zero', `${A}group g 01 a\n${QUORUM}`, 2],
    ['a threshold with a sign', `${A}group g +1 a\n${QUORUM}`, 2],
    ['a threshold in other digits', `${A}group g ١ a\n${QUORUM}`, 2],
    ['a threshold in upper case', `${A}group g ANY a\n${QUORUM}`, 2],
    ['no quorum', `${LOG}${A}`, 2],
    ['nothing', '', 0],
    ['two quorums', `${A}quorum a\nquorum none\n`, 3],
    ['a quorum of nothing', `${A}quorum\n`, 2],
    ['a quorum of two', `${A}${B}quorum a b\n`, 3],
    ['an unknown quorum', `${A}quorum b\n`, 2],
    ['a quorum before its definition', `quorum a\n${A}`, 1],
    ['a name that only looks the same', `witness K ${w1}\nquorum \u212a\n`, 2],
    ['no newline at the end', `${A}quorum a`, 2],
    ['carriage returns', `${A}quorum a\r\n`, 2],
    ['a control character in a comment', `${A}# \u0007\nquorum a\n`, 2],
    ['a delete character', `${A}# \u007f\nquorum a\n`, 2],
    ['a byte order mark', `\ufeff${A}quorum a\n`, 1],
    ['other white space between items', `${A}quorum\u00a0a\n`, 2],
    ['a name that is no UTF-8', Uint8Array.of(...utf8(`witness `), 0xff, ...utf8(` ${w1}\n${QUORUM}`)), 1],
    ['more than a megabyte', `#${' '.repeat(1_000_000)}\n${QUORUM}`, 1],
  ])('for %s', (_what, text, line) => {
    try {
      parsePolicy(text);
    } catch (error) {
      expect(error).toBeInstanceOf(VitrineError);
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { line } });
      expect((error as VitrineError).message).toContain(`line ${line}:`);
      return;
    }
    expect.fail('expected a refusal');
  });
});

const checkpointText = (origin = ORIGIN): string =>
  formatCheckpoint({ origin, size: 0n, root: merkleRoot([]) });
const logLine = (text: string, key = log, seed = 1): NoteSignature =>
  noteSignature(key, signWith(seedOf(seed), signedMessage(key, text)));
const witnessLine = (text: string, n: number, seed = n): NoteSignature =>
  cosign(text, keyOf(`w${n}.example`, COSIGNATURE, n), (message) => signWith(seedOf(seed), message), TIME);
const noted = (text: string, ...signatures: NoteSignature[]): string => formatNote({ text, signatures });

describe('a cosigned checkpoint', () => {
  const text = checkpointText();
  const policy = parsePolicy(EXAMPLE);

  it('tells who cosigned, when, and whether that is enough', () => {
    const lines = [11, 12, 14].map((n) => witnessLine(text, n));
    const found = verifyCosigned(noted(text, logLine(text), ...lines), policy, verify);
    expect(found).toEqual({
      checkpoint: { origin: ORIGIN, size: 0n, root: merkleRoot([]), extensions: [] },
      log,
      cosigned: ['X1', 'X2', 'Y1'].map((name) => ({ name, time: TIME })),
      satisfied: true,
    });
    const fewer = verifyCosigned(noted(text, logLine(text), witnessLine(text, 11)), policy, verify);
    expect(fewer).toMatchObject({ cosigned: [{ name: 'X1' }], satisfied: false });
  });

  it('counts a witness once, however many lines it wrote', () => {
    const twice = noted(
      text,
      logLine(text),
      witnessLine(text, 11),
      witnessLine(text, 11),
      witnessLine(text, 14),
    );
    expect(verifyCosigned(twice, policy, verify)).toMatchObject({ satisfied: false });
    expect(verifyCosigned(twice, policy, verify).cosigned).toHaveLength(2);
  });

  it('ignores lines of keys that the policy does not know, valid or not', () => {
    const stranger = cosign(
      text,
      keyOf('w11.example', COSIGNATURE, 99),
      (m) => signWith(seedOf(98), m),
      TIME,
    );
    const found = verifyCosigned(noted(text, stranger, logLine(text)), policy, verify);
    expect(found).toMatchObject({ cosigned: [], satisfied: false });
  });

  it('is accepted under any of several keys of one origin, as in a rotation', () => {
    const next = keyOf(ORIGIN, ED25519, 2);
    const both = parsePolicy(`${LOG}log ${formatVkey(next)}\nquorum none\n`);
    expect(verifyCosigned(noted(text, logLine(text, next, 2)), both, verify).log).toEqual(next);
    expect(verifyCosigned(noted(text, logLine(text, next, 2), logLine(text)), both, verify).log).toEqual(log);
  });

  const foreign = checkpointText('other.example');
  it.each([
    ['no log of the policy signed', noted(text, witnessLine(text, 11))],
    ["the log's line does not verify", noted(text, logLine(text, log, 2))],
    ["a witness's line does not verify", noted(text, logLine(text), witnessLine(text, 11, 12))],
    [
      "a second line of a witness's does not verify",
      noted(text, logLine(text), witnessLine(text, 11), witnessLine(text, 11, 12)),
    ],
    ['the origin is another than the key names', noted(foreign, logLine(foreign))],
    ['it is no checkpoint', noted('x\n', logLine('x\n'))],
    ["the log's line was made for another text", noted(text, logLine(foreign))],
  ])('is refused when %s', (_what, note) => {
    expect(refusal(() => verifyCosigned(note, policy, verify))).toBe('INTEGRITY_VIOLATION');
  });
});
