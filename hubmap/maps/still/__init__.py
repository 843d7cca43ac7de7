"""Still maps: a sheet laid out in millimetres, drawn as SVG, PDF or PNG without a browser."""
