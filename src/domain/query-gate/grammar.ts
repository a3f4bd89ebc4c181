/**
 * What a query of an endpoint may be made of, by the names of PostgreSQL's grammar (libpg-query 18). A list of what is
 * allowed: what nobody thought of is refused.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Statements; only the outermost may write. */
export const STATEMENTS = words('SelectStmt InsertStmt UpdateStmt DeleteStmt');

export const NODES = words(`
  SelectStmt A_ArrayExpr A_Const A_Expr A_Indices A_Indirection BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr
  ColumnRef CommonTableExpr FuncCall GroupingFunc GroupingSet IndexElem Integer JoinExpr List LockingClause MinMaxExpr
  NullTest ParamRef RangeFunction RangeSubselect RangeVar ResTarget RowExpr SQLValueFunction SetToDefault SortBy String
  SubLink TypeCast WindowDef`);

/** Parts of nodes that hold other nodes. */
export const FIELDS = words(`
  agg_filter agg_order alias aliascolnames arg args arrayBounds boolval bsval cols colnames content ctequery ctes
  defresult distinctClause elements endOffset expr exprs fields fromClause funcname functions fval groupClause
  havingClause indexElems indirection infer items ival larg lexpr limitCount limitOffset lidx lockedRels lockingClause
  name names node onConflictClause orderClause over partitionClause quals rarg relation result returningClause rexpr
  selectStmt sortClause startOffset subquery subselect sval targetList testexpr typeName typmods uidx usingClause
  using_clause val valuesLists whereClause windowClause withClause join_using_alias operName`);

export const OPERATORS = words(`
  = <> != < > <= >= + - * / % ^ || ~ ~* !~ !~* ~~ ~~* !~~ !~~* @> <@ ? ?| ?& && -> ->> #> #>> @@ | & # << >>
  BETWEEN`);

/** `int4`, as the parser calls `integer`. Types of the schema come to these. */
export const TYPES = words(`
  text varchar bpchar char int2 int4 int8 numeric float4 float8 bool date time timetz timestamp timestamptz interval
  uuid json jsonb bytea inet tsvector tsquery smallint integer bigint boolean real`);

/** Functions that only compute. Whoever adds one asks: does it run SQL, read settings, files or catalogs, wait, lock? */
export const FUNCTIONS = words(`
  abs age array_agg array_append array_cat array_length array_lower array_position array_prepend array_remove
  array_replace array_to_json array_to_string array_upper ascii avg bit_length bool_and bool_or btrim cardinality cbrt
  ceil ceiling char_length character_length chr concat concat_ws corr cos count covar_pop covar_samp cume_dist
  date_bin date_part date_trunc degrees dense_rank div encode every exp extract first_value floor format gcd
  gen_random_uuid generate_series generate_subscripts initcap isfinite json_agg json_array_elements
  json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text
  json_object_agg json_object_keys json_strip_nulls json_typeof jsonb_agg jsonb_array_elements
  jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
  jsonb_object_agg jsonb_object_keys jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours
  justify_interval lag last_value lcm lead left length like_escape ln log log10 lower lpad ltrim make_date
  make_interval make_time make_timestamp make_timestamptz max md5 min mod mode not_like_escape now nth_value ntile
  num_nonnulls num_nulls numnode octet_length overlay percent_rank percentile_cont percentile_disc
  phraseto_tsquery pi plainto_tsquery position power radians random rank regexp_count regexp_match regexp_replace
  regexp_split_to_array regexp_substr regr_slope repeat replace reverse right round row_number rpad rtrim scale
  sha256 sign similar_to_escape sin split_part sqrt starts_with stddev stddev_pop stddev_samp string_agg
  string_to_array strpos substr substring sum tan timezone to_char to_date to_hex to_json to_jsonb to_number
  to_timestamp to_tsvector translate trim trim_scale trunc ts_headline ts_rank ts_rank_cd unnest upper var_pop
  var_samp variance websearch_to_tsquery width_bucket`);

/** `current_date` and its like; not `current_user`, which says how the backend logs in. */
export const VALUE_FUNCTIONS = /^SVFOP_(?:CURRENT_DATE|(?:CURRENT_|LOCAL)TIME(?:STAMP)?(?:_N)?)$/;
