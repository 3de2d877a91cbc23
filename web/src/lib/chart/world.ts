import { geoNaturalEarth1 } from 'd3-geo';
import codes from 'i18n-iso-countries/codes.json';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import topologyURL from 'world-atlas/countries-110m.json?url';
import { countryName, type Kind } from '../format/format';
import { echarts } from './echarts';
import { base, type Look, type Option } from './options';

const map = 'world';
const antarctica = '010';
const earth = geoNaturalEarth1();

// With its stream, d3 cuts what crosses the antimeridian; without it, Russia is a band around the map.
const projection = {
  project: (point: [number, number]) => earth(point),
  unproject: (point: [number, number]) => earth.invert?.(point),
  stream: earth.stream,
};

/** ISO 3166-1: alpha-2 by numeric code, which the shapes are known by. */
const alpha2 = new Map((codes as [string, string, string][]).map(([two, , numeric]) => [numeric, two]));

let loaded: Promise<void> | undefined;

/** Loads the shapes of the countries, once. */
export function loadWorld(): Promise<void> {
  loaded ??= fetch(topologyURL)
    .then((response) => response.json() as Promise<Topology<{ countries: GeometryCollection }>>)
    .then((topology) => {
      const world = feature(topology, topology.objects.countries);
      const features = world.features
        .filter((f) => f.id !== antarctica)
        .map((f) => ({ ...f, properties: { name: alpha2.get(String(f.id)) ?? String(f.id) } }));
      echarts.registerMap(map, { type: 'FeatureCollection', features } as Parameters<typeof echarts.registerMap>[1]);
    });
  return loaded;
}

/** A map of the world coloured by a figure of each country. */
export function worldMap(look: Look, kind: Kind, values: { country: string; value: number }[], selected: readonly string[]): Option {
  const { colours, format } = look;
  const most = Math.max(...values.map((v) => v.value), 1);
  return {
    ...base(look),
    tooltip: {
      ...(base(look).tooltip as object), trigger: 'item',
      formatter: (p: { name: string; value: number }) => `${countryName(p.name)}: ${Number.isNaN(p.value) ? 'no sales' : format.full(kind, p.value)}`,
    },
    visualMap: {
      min: 0, max: most, left: 0, bottom: 0, calculable: false, itemWidth: 10, itemHeight: 64, text: [format.short(kind, most), '0'],
      textStyle: { color: colours.muted, fontSize: 12 }, inRange: { color: colours.ramp },
    },
    series: [{
      type: 'map', map, projection, roam: false, selectedMode: false, left: 0, right: 0, top: 0, bottom: 0, preserveAspect: 'contain',
      itemStyle: { areaColor: colours.surface2, borderColor: colours.line, borderWidth: 0.5 },
      emphasis: { label: { show: false }, itemStyle: { areaColor: colours.accent } },
      data: values.map(({ country, value }) => ({
        name: country, value, cursor: 'pointer',
        itemStyle: selected.includes(country) ? { borderColor: colours.text, borderWidth: 1.5 } : {},
      })),
    }],
  };
}
