/**
 * The client of the benchmark of uploads over HTTP, in a process of its own, so that its work isn't the server's. Each line of
 * its input asks for so many encounters, so many at a time, of one of the servers; it answers with the milliseconds taken.
 */
import { createInterface } from 'node:readline';

const { token, query, input, patients } = JSON.parse(process.env.BENCH_ORDER);
let turn = 0;

async function record(address) {
  const patient = patients[turn++ % patients.length];
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query,
      variables: { input: { ...input, patient, requestId: crypto.randomUUID() } },
    }),
  });
  const { errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { address, count, width } = JSON.parse(line);
  let left = count;
  const worker = async () => {
    while (left-- > 0) await record(address);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: width }, worker));
  console.log(performance.now() - started);
}
