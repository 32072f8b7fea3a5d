// Packages that are loaded when they are needed first, synchronously, as the provider is (decision record 0005). Each
// is named twice: Bun's bundler follows only a literal call of `require`, which Node's own modules do not have.

/** `bundled` calls `require` with the same name. */
export function loadPackage<T>(name: string, bundled: () => T): T {
  if (typeof require === 'function') return bundled();
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)(name) as T;
}
