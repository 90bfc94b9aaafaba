const answerOf = async (response) => {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.message ?? `The shop answered ${response.status}.`);
  return { body, servedBy: response.headers.get('x-served-by') ?? '' };
};

export const fetchProducts = async ({ search, sort, page }, signal) => {
  const query = new URLSearchParams({ sort, page: String(page) });
  if (search) query.set('search', search);
  return answerOf(await fetch(`/api/products?${query}`, { signal }));
};

export const reserveOne = async (id) =>
  answerOf(
    await fetch(`/api/products/${encodeURIComponent(id)}/reserve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ quantity: 1, reference: crypto.randomUUID() }),
    }),
  );
