// Tar archives made by hand, byte for byte as builders write them.
const BLOCK = 512;
const encoder = new TextEncoder();

export type Member = {
  readonly path: string;
  /** Content, or its length. */
  readonly content?: Uint8Array | string | number;
  /** The letter of the header; a file unless told. */
  readonly type?: string;
  readonly linkTo?: string;
  /** Written as a pax record, as a long name of GNU tar, or in the header. */
  readonly nameIn?: 'pax' | 'gnu' | 'header';
};

const put = (block: Uint8Array, at: number, text: string): void => {
  block.set(encoder.encode(text), at);
};

const header = (name: string, bytes: number, type: string, linkTo = ''): Uint8Array => {
  const block = new Uint8Array(BLOCK);
  put(block, 0, name.slice(-100));
  put(block, 100, '0000644\0');
  put(block, 108, '0000000\0');
  put(block, 116, '0000000\0');
  put(block, 124, `${bytes.toString(8).padStart(11, '0')}\0`);
  put(block, 136, '00000000000\0');
  put(block, 156, type);
  put(block, 157, linkTo);
  put(block, 257, 'ustar\0' + '00');
  put(block, 148, '        ');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, 148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
};

const padded = (content: Uint8Array): Uint8Array => {
  const whole = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  whole.set(content);
  return whole;
};

const paxRecord = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return `${length}${rest}`;
};

const contentOf = ({ content = '' }: Member): Uint8Array => {
  if (typeof content === 'number') return new Uint8Array(content).fill(0x61);
  return typeof content === 'string' ? encoder.encode(content) : content;
};

const blocksOf = (member: Member): Uint8Array[] => {
  const { path, type = '0', linkTo, nameIn = 'header' } = member;
  const content = contentOf(member);
  const own = [header(path, content.length, type, linkTo), padded(content)];
  if (nameIn === 'header') return own;
  const meta = encoder.encode(nameIn === 'pax' ? paxRecord('path', path) : `${path}\0`);
  const letter = nameIn === 'pax' ? 'x' : 'L';
  return [header('@', meta.length, letter), padded(meta), ...own];
};

/** A tar archive with its two blocks of zeros at the end. */
export const tarball = (members: readonly Member[]): Uint8Array => {
  const blocks = [...members.flatMap(blocksOf), new Uint8Array(2 * BLOCK)];
  const whole = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
};
