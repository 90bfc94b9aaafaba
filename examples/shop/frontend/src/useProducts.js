import { useEffect, useState } from 'react';
import { fetchProducts } from './api.js';

const TYPING_PAUSE_MS = 200;

/** The page of products that fits `query`, fetched again when the query has rested for a moment. */
export const useProducts = (query) => {
  const { search, sort, page } = query;
  const [state, setState] = useState({ loading: true });

  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      fetchProducts({ search, sort, page }, controller.signal).then(
        ({ body, servedBy }) => setState({ list: body, servedBy, loading: false }),
        (error) => {
          if (controller.signal.aborted) return;
          setState((before) => ({ ...before, error: error.message, loading: false }));
        },
      );
    }, TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [search, sort, page]);

  const replace = (product) =>
    setState((before) => ({
      ...before,
      list: {
        ...before.list,
        items: before.list.items.map((item) => (item.id === product.id ? product : item)),
      },
    }));

  return { ...state, replace };
};
