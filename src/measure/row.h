// The row types are the library's own (include/streamgauge): what the engine fills, a caller reads.
#pragma once

#include "streamgauge/row_fields.h"
#include "streamgauge/rows.h"

namespace sg {

using streamgauge::Columns;
using streamgauge::Derived;
using streamgauge::EngineFacts;
using streamgauge::ExpertLoad;
using streamgauge::FieldRow;
using streamgauge::FirstTokenShare;
using streamgauge::LayerTable;
using streamgauge::LensRow;
using streamgauge::LogitStats;
using streamgauge::Massive;
using streamgauge::ModelFacts;
using streamgauge::RopeFacts;
using streamgauge::RoutingRow;
using streamgauge::RowField;
using streamgauge::Sequence;
using streamgauge::SequenceMeasurement;
using streamgauge::SiteDots;
using streamgauge::SiteNorms;
using streamgauge::SuperExpert;
using streamgauge::TargetRow;
using streamgauge::TopToken;
using streamgauge::WhenAbsent;
using Measurement = streamgauge::MeasurementRows;

}  // namespace sg
