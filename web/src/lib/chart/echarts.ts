import * as echarts from 'echarts/core';
import { BarChart, HeatmapChart, LineChart, MapChart, SankeyChart, ScatterChart, TreemapChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, VisualMapContinuousComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';
import { font } from './options';
import { written, type Area, type Words } from './tree';

// Only what the pages draw: each chart type added here is sent to every browser.
echarts.use([
  BarChart, HeatmapChart, LineChart, MapChart, SankeyChart, ScatterChart, TreemapChart,
  GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, VisualMapContinuousComponent, CanvasRenderer,
]);

// What has room in the areas of a treemap is known once they are laid out.
echarts.registerVisual({
  seriesType: 'treemap',
  reset(series) {
    const areas = series.getData();
    const pen = document.createElement('canvas').getContext('2d');
    if (pen) pen.font = `12px ${font}`;
    const widthOf = (text: string) => pen?.measureText(text).width ?? 0;
    areas.each((place: number) => {
      const leaf = areas.getItemModel<{ words?: Words; label?: object }>(place).option;
      const words = leaf.words;
      if (words) leaf.label = { formatter: () => written(words, areas.getItemLayout(place) as Area, widthOf) };
    });
  },
});

export { echarts };
