import '@fontsource-variable/inter/wght.css';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { warm } from './lib/format/format';
import { pageAt } from './lib/pages';
import { session } from './lib/state/session.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element #app');

// Both take the network's time: asked for now, they come while the browser still draws. App tells of what fails.
void session.resume();
pageAt(location.pathname)?.load().catch(() => undefined);

mount(App, { target });
requestIdleCallback(warm);
