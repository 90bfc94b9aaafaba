import { useState } from 'react';
import { reserveOne } from './api.js';

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });

export const ProductCard = ({ product, onChanged }) => {
  const [message, setMessage] = useState('');

  const reserve = async () => {
    try {
      const { body } = await reserveOne(product.id);
      onChanged(body);
      setMessage('One is yours.');
    } catch (error) {
      setMessage(error.message);
    }
  };

  return (
    <li>
      <h2>{product.name}</h2>
      <p className="facts">
        <strong>{money.format(product.priceCents / 100)}</strong>
        <span>{product.category}</span>
        <span>{product.rating.toFixed(1)} of 5</span>
      </p>
      <p className="stock">
        <button type="button" disabled={product.stock < 1} onClick={reserve}>
          Reserve
        </button>
        <span role="status">{message || `${product.stock} in stock`}</span>
      </p>
    </li>
  );
};
