-- Which build of a view readers see. One process makes schemas at a time, until its transaction ends.

SELECT pg_advisory_xact_lock(7305870203478340);

CREATE SCHEMA IF NOT EXISTS oms_views;
CREATE TABLE IF NOT EXISTS oms_views.live (
    ontology text NOT NULL,
    view text NOT NULL,
    build integer NOT NULL,
    PRIMARY KEY (ontology, view)
);
