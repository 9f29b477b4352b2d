//! The dashboards in `grafana/dashboards`, from the table of metrics.
//!
//! ```text
//!   METRICS ──by dashboard──> panels: those drawn together, then every other one alone ──> Classic JSON of Grafana
//! ```
//!
//! Every metric is on the dashboard that its line names, so a new one needs nothing here to be seen. What is drawn together,
//! and what is computed from several, stands in `dashboards/panels.rs`. All queries go through the variables `datasource`
//! and `instance`; rates are over `$__rate_interval`. A metric by stage stands in a row that is repeated over `stage`.

mod panels;
mod query;

use pelton_pipeline::metrics::Dashboard;
use serde_json::{Value, json};

pub use panels::{Panel, panels};

/// Version of the classic schema that this is written in.
const SCHEMA_VERSION: u32 = 42;
const PANEL_HEIGHT: u64 = 8;
/// Grafana's grid is 24 wide.
const PANEL_WIDTH: u64 = 8;

/// File names and contents of all dashboards.
pub fn dashboards() -> Vec<(String, Value)> {
    Dashboard::ALL.iter().map(|of| (format!("{}.json", of.name()), dashboard(*of))).collect()
}

fn dashboard(of: Dashboard) -> Value {
    let name = of.name();
    let (repeated, single): (Vec<Panel>, Vec<Panel>) =
        panels(of).into_iter().partition(|panel| panel.is_by_stage);
    let mut variables = vec![datasource(), variable("instance", "label_values(pelton_build_info, instance)")];
    let (mut out, mut y) = (Vec::new(), 0);
    place(&mut out, &mut y, &single);
    if !repeated.is_empty() {
        variables.push(variable(
            "stage",
            "label_values(pelton_stage_turns_total{instance=~\"$instance\"}, stage)",
        ));
        out.push(json!({
            "id": out.len() + 1, "type": "row", "title": "$stage", "repeat": "stage", "collapsed": false, "panels": [],
            "gridPos": { "x": 0, "y": y, "w": 24, "h": 1 },
        }));
        y += 1;
        place(&mut out, &mut y, &repeated);
    }
    json!({
        "uid": format!("pelton-{name}"), "title": format!("Pelton: {name}"), "tags": ["pelton"],
        "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": true, "graphTooltip": 1, "refresh": "10s",
        "time": { "from": "now-15m", "to": "now" }, "timezone": "",
        "annotations": { "list": [] }, "templating": { "list": variables }, "panels": out,
        "links": [{
            "type": "dashboards", "title": "Pelton", "tags": ["pelton"], "asDropdown": true, "includeVars": true,
            "keepTime": true,
        }],
    })
}

/// Puts panels below what is there, in rows from the left.
fn place(out: &mut Vec<Value>, y: &mut u64, panels: &[Panel]) {
    let (mut x, mut used) = (0, false);
    for panel in panels {
        if x + PANEL_WIDTH > 24 {
            (x, *y) = (0, *y + PANEL_HEIGHT);
        }
        let place = json!({ "x": x, "y": *y, "w": PANEL_WIDTH, "h": PANEL_HEIGHT });
        out.push(panel_json(panel, out.len() + 1, place));
        (x, used) = (x + PANEL_WIDTH, true);
    }
    *y += if used { PANEL_HEIGHT } else { 0 };
}

fn panel_json(panel: &Panel, id: usize, place: Value) -> Value {
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let target = |(index, query): (usize, &query::Query)| {
        json!({
            "refId": char::from(b'A' + index as u8).to_string(), "datasource": source, "editorMode": "code",
            "range": true, "expr": query.expression, "legendFormat": query.legend,
        })
    };
    let targets: Vec<Value> = panel.queries.iter().enumerate().map(target).collect();
    json!({
        "id": id, "type": "timeseries", "title": panel.title, "description": panel.description, "gridPos": place,
        "datasource": source, "targets": targets,
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit, "min": 0,
                "custom": {
                    "drawStyle": "line", "lineWidth": 1, "fillOpacity": if panel.is_stacked { 60 } else { 8 },
                    "stacking": { "mode": if panel.is_stacked { "normal" } else { "none" }, "group": "A" },
                    "showPoints": "never",
                },
            },
            "overrides": [],
        },
        "options": {
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "desc" },
        },
    })
}

fn datasource() -> Value {
    json!({
        "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1,
        "hide": 0, "multi": false, "includeAll": false,
    })
}

fn variable(name: &str, query: &str) -> Value {
    json!({
        "name": name, "type": "query", "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "query": { "query": query, "refId": name }, "definition": query, "refresh": 2, "sort": 0, "hide": 0,
        "multi": true, "includeAll": true, "allValue": ".+",
        "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
    })
}
