import { extname, join, relative, sep } from 'node:path'

const top = join(import.meta.dirname, '../../..')
/** In the repository our sources are the types; in an installed package, the declarations beside our code. */
const isRepository = extname(import.meta.filename) === '.ts'

/** The `tsconfig.json` of a folder of policies: an editor, or `tsc`, finds our types wherever the folder lies. */
export function editorSettings(folder: string): string {
  const ours = (path: string) => placeFrom(folder, join(top, path))
  const types = (path: string) => [ours(`src/${path}.${isRepository ? 'ts' : 'd.ts'}`)]
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.collection', 'esnext.iterator', 'esnext.array'],
    module: 'preserve',
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    ...(isRepository ? { typeRoots: [ours('node_modules/@types')], types: ['node'] } : { types: [] }),
    paths: {
      postern: types('index'),
      'postern/facts': types('facts/index'),
      'postern/expression': types('expression/index'),
      'postern/testing': types('testing'),
    },
  }
  const include = ['.', ...(isRepository ? [ours('src/facts/mailauth.d.ts')] : [])]
  return `${JSON.stringify({ compilerOptions, include }, null, 2)}\n`
}

/** A folder of ours moves with us; any other stays where it is when we do. */
function placeFrom(folder: string, path: string): string {
  if (!`${folder}${sep}`.startsWith(`${top}${sep}`)) return path
  const way = relative(folder, path)
  return way.startsWith('.') ? way : `./${way}`
}
