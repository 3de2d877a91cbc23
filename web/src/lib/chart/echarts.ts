import * as echarts from 'echarts/core';
import { BarChart, HeatmapChart, LineChart, MapChart, SankeyChart, ScatterChart, TreemapChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, VisualMapContinuousComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

// Only what the pages draw: each chart type added here is sent to every browser.
echarts.use([
  BarChart, HeatmapChart, LineChart, MapChart, SankeyChart, ScatterChart, TreemapChart,
  GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, VisualMapContinuousComponent, CanvasRenderer,
]);

export { echarts };
