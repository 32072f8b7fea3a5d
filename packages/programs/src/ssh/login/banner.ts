// Text of the server on its way to the user's terminal before anybody is logged in: lines and tabs stay, every other
// control character becomes visible (RFC 4252 section 5.4, RFC 4256 section 3.1).

import { escapeControls } from '../../shared/printable.ts';

export function escapeBanner(text: string): string {
  return text.replaceAll(/[^\n\r\t]+/g, escapeControls);
}
