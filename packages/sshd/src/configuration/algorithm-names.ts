// Lists of algorithm names as the configuration has them. Which names there are was judged when it was read
// (protocol/config): what a list names is used, SHA-1 (`ssh-rsa`) as well.

/** The names of a comma-separated list. */
export function namesOf(list: string | undefined): readonly string[] {
  return list === undefined || list === '' ? [] : list.split(',');
}
