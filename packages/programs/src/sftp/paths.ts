// Paths of both sides as byte strings: what is below what, and names in them. Only slashes divide; no file is looked
// at.

/** A path below a folder; an empty folder is the current one. */
export function joinPath(folder: string, path: string): string {
  return folder === '' || folder.endsWith('/') ? folder + path : `${folder}/${path}`;
}

export function absolutePath(path: string, folder: string): string {
  return path.startsWith('/') ? path : joinPath(folder, path);
}

/** The last component, without slashes at the end; `.` for an empty path, as basename(3). */
export function baseName(path: string): string {
  const trimmed = path.replace(/(?<=.)\/+$/s, '');
  if (trimmed === '' || trimmed === '/') return trimmed || '.';
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** The path as it is from a folder that it is below; otherwise as it is. */
export function withoutFolder(path: string, folder: string): string {
  if (!path.startsWith(folder)) return path;
  const isFolder = folder.endsWith('/') || path.charAt(folder.length) !== '/';
  return path.slice(isFolder ? folder.length : folder.length + 1);
}

/** The order of strcmp(3). */
export function compareBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
