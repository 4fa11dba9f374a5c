/** Bodies of answers from machines that aren't ours. */

/** The body, or undefined when it is longer than `most` bytes: who answers decides what it sends, and may send without end. */
export async function readBounded(response: Response, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Node's streams can be iterated; the DOM's types don't know it yet.
  for await (const part of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
