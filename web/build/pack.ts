import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const packable = /\.(js|css|svg|json|html)$/;
const worthIt = 1024; // bytes: below, the headers weigh more than what is saved

/** Writes FILE.br and FILE.gz beside each text file, so that the server compresses nothing. */
export function pack(): Plugin {
  return {
    name: 'pack',
    apply: 'build',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((n) => packable.test(n))) {
        const plain = readFileSync(join(dir, name));
        if (plain.length < worthIt) continue;
        writeFileSync(join(dir, `${name}.gz`), gzipSync(plain, { level: 9 }));
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }));
      }
    },
  };
}
