// The words of DuckDB's SQL that people write about prices, for colours and completion.
import { SQLDialect } from "@codemirror/lang-sql";

const keywords =
  "select from where group by order having limit offset as on using join inner left right full outer cross natural " +
  "asof positional union intersect except all any distinct case when then else end and or not in is null like ilike " +
  "between exists with recursive values over partition rows range unbounded preceding following current row filter " +
  "qualify window asc desc nulls first last true false interval cast try_cast create table view replace temp insert " +
  "into update set delete drop alter add column rename to explain analyze describe summarize pivot unpivot sample " +
  "exclude lateral collate escape similar";

const types =
  "boolean tinyint smallint integer bigint hugeint float real double decimal numeric varchar text date time timestamp " +
  "timestamptz blob uuid json";

const functions =
  "count sum avg min max median mode stddev variance quantile_cont arg_min arg_max any_value string_agg list corr " +
  "regr_slope covar_pop row_number rank dense_rank lag lead first_value last_value ntile percent_rank abs round floor " +
  "ceil ln log exp sqrt power sign greatest least coalesce nullif date_trunc date_part date_diff time_bucket strftime " +
  "strptime extract epoch epoch_ms year month day dayofweek hour now lower upper length substring replace trim concat " +
  "regexp_matches isnan isfinite";

export const DuckDb = SQLDialect.define({
  keywords,
  types,
  builtin: functions,
  doubleDollarQuotedStrings: true,
  operatorChars: "+-*/<>=~!@#%^&|`?",
  specialVar: "",
});
