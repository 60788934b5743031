"""Models of reports: what every JSON output holds, with its types and units."""
