// One placement of bench/equal.ts: a server that sorts and writes out a catalogue for each request, so that
// luck with memory, compiler and collector is a part of its times, as it is of a real service. Prints its port.
import http from 'node:http';

const catalogue = Array.from({ length: 6_000 }, (_, at) => ({
  id: at,
  name: `article ${(at * 7_919) % 6_000}`,
  price: (at * 104_729) % 10_007,
}));

const server = http.createServer((_request, response) => {
  const sorted = catalogue.map((item) => ({ ...item })).sort((a, b) => a.price - b.price);
  const body = JSON.stringify(sorted);
  response.writeHead(200, { 'content-length': Buffer.byteLength(body), connection: 'close' });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(address.port);
});
process.on('disconnect', () => process.exit(0));
