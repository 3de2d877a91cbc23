import { Feed, type Wish } from './feed';

// All pages of a browser share this worker: with HTTP/1.1 a browser opens six connections to a
// host, and streams that every page has for itself would leave none for anything else.
const feed = new Feed();

addEventListener('connect', (event) => {
  const [page] = (event as MessageEvent).ports;
  if (page) page.onmessage = ({ data }: MessageEvent<Wish>) => feed.wish(page, data);
});
