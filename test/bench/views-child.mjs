/**
 * A client of the benchmark of views in a process of its own, so that its work isn't the server's. `ask`: the median time of an
 * ordinary query. `read`: readers who open a view and fetch its pages one after the other, until the input ends.
 */
const { address, tokens, patient, role, milliseconds, count, pauseMs } = JSON.parse(process.env.BENCH_ORDER);

const QUERY =
  '{ patients(first: 20) { edges { node { id version birthDate gender names { family given } } } } }';

async function graphql(persona, query) {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[persona]}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function openPages() {
  const input = `{requestId: "${crypto.randomUUID()}", subject: {kind: PATIENT, id: "${patient}"}, purpose: TREATMENT}`;
  const data = await graphql(
    'clinician.north',
    `mutation { openView(input: ${input}) { view { pages { url } } } }`,
  );
  return data.openView.view.pages.map(({ url }) => url);
}

async function ask() {
  for (let warm = 0; warm < 5; warm += 1) await graphql('registrar.city', QUERY);
  const times = [];
  for (const end = performance.now() + milliseconds; performance.now() < end || times.length < 10;) {
    const started = performance.now();
    await graphql('registrar.city', QUERY);
    times.push(performance.now() - started);
  }
  times.sort((one, other) => one - other);
  console.log(times[times.length >> 1]);
}

async function read() {
  let over = false;
  let pages = 0;
  process.stdin.resume().on('end', () => (over = true));
  const views = [];
  for (let reader = 0; reader < count; reader += 1) views.push(await openPages());
  console.log('reading');
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const reader = async (links, number) => {
    // Not all in one moment.
    await pause((pauseMs * number) / count);
    while (!over) {
      if (links.length === 0) links.push(...(await openPages()));
      const started = performance.now();
      const response = await fetch(`${address}${links.shift()}`, {
        headers: { authorization: `Bearer ${tokens['clinician.north']}` },
      });
      const body = await response.arrayBuffer();
      // A server that is overloaded says so (UNAVAILABLE): no page, and no reason to stop.
      if (response.ok) pages += 1;
      else if (!Buffer.from(body).includes('UNAVAILABLE')) throw new Error(Buffer.from(body).toString());
      await pause(Math.max(0, pauseMs - (performance.now() - started)));
    }
  };
  await Promise.all(views.map(reader));
  console.log(pages);
}

await (role === 'ask' ? ask() : read());
