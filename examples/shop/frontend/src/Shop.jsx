import { useState } from 'react';
import { ProductCard } from './ProductCard.jsx';
import { useProducts } from './useProducts.js';

const SORTS = [
  ['name', 'Name'],
  ['price', 'Price, low first'],
  ['-price', 'Price, high first'],
  ['-rating', 'Rating'],
  ['-stock', 'Stock'],
];

const Filters = ({ query, change }) => (
  <search className="filters">
    <label>
      <span>Search</span>
      <input
        type="search"
        value={query.search}
        placeholder="kettle, lamp, mug"
        onChange={(event) => change({ search: event.target.value, page: 1 })}
      />
    </label>
    <label>
      <span>Sort by</span>
      <select
        value={query.sort}
        onChange={(event) => change({ sort: event.target.value, page: 1 })}
      >
        {SORTS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  </search>
);

const Pager = ({ page, pages, change }) => (
  <nav className="pager" aria-label="Pages">
    <button type="button" disabled={page <= 1} onClick={() => change({ page: page - 1 })}>
      Previous
    </button>
    <span>
      Page {page} of {pages}
    </span>
    <button type="button" disabled={page >= pages} onClick={() => change({ page: page + 1 })}>
      Next
    </button>
  </nav>
);

export const Shop = () => {
  const [query, setQuery] = useState({ search: '', sort: 'name', page: 1 });
  const change = (part) => setQuery((before) => ({ ...before, ...part }));
  const { list, error, loading, servedBy, replace } = useProducts(query);

  return (
    <>
      <header>
        <h1>Shop</h1>
        <Filters query={query} change={change} />
      </header>
      <main>
        <p role="status">{error ?? (loading ? 'Loading' : `${list.total} products`)}</p>
        {list && (
          <>
            <ul className="products">
              {list.items.map((product) => (
                <ProductCard key={product.id} product={product} onChanged={replace} />
              ))}
            </ul>
            <Pager page={list.page} pages={list.pages} change={change} />
          </>
        )}
      </main>
      <footer>Served by {servedBy || 'nobody yet'}</footer>
    </>
  );
};
