import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import { SORT_KEYS } from './productTable.js';

const BODY_BYTES_MAX = 16 * 1024;

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    search: { type: 'string', maxLength: 100 },
    category: { type: 'string', maxLength: 40 },
    sort: { type: 'string', enum: SORT_KEYS },
    page: { type: 'integer', minimum: 1, maximum: 10_000 },
    pageSize: { type: 'integer', minimum: 1, maximum: 100 },
  },
};

const stockBody = {
  type: 'object',
  additionalProperties: false,
  required: ['quantity'],
  properties: {
    quantity: { type: 'integer', minimum: 1, maximum: 100 },
    reference: { type: 'string', minLength: 1, maxLength: 80 },
  },
};

const notFound = (reply, id) =>
  reply.code(404).send({ error: 'NotFound', message: `There is no product "${id}".` });

const addApi = (app, table) => {
  app.get('/healthz', () => ({ status: 'ok', products: table.size() }));

  app.get('/api/products', { schema: { querystring: listQuery } }, (request) =>
    table.list(request.query),
  );

  app.get('/api/products/:id', (request, reply) => {
    const row = table.get(request.params.id);
    return row ?? notFound(reply, request.params.id);
  });

  app.post('/api/products/:id/reserve', { schema: { body: stockBody } }, (request, reply) => {
    const row = table.get(request.params.id);
    if (!row) return notFound(reply, request.params.id);
    const { quantity, reference } = request.body;
    const changed = table.reserve(row, quantity, reference);
    if (changed) return changed;
    const message = `${row.name}: ${quantity} wanted, ${row.stock} in stock.`;
    return reply.code(409).send({ error: 'OutOfStock', message });
  });

  app.post('/api/products/:id/release', { schema: { body: stockBody } }, (request, reply) => {
    const row = table.get(request.params.id);
    if (!row) return notFound(reply, request.params.id);
    return table.release(row, request.body.quantity, request.body.reference);
  });
};

/** The shop as a Fastify app that is not listening yet. */
export const createApp = ({ settings, table }) => {
  const app = Fastify({
    logger: { level: settings.logLevel },
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: 'idle',
    // Unknown query keys are an error, not silently dropped.
    ajv: { customOptions: { removeAdditional: false } },
  });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-served-by', settings.servedBy);
    done();
  });
  addApi(app, table);
  if (settings.publicDir) {
    app.register(fastifyStatic, { root: settings.publicDir, maxAge: '1h' });
  }
  return app;
};
