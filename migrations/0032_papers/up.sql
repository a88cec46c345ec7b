-- What stands on a paper that is digitised: with it the digitised result of an earlier procedure
-- is a document of its holder's store that takes the place of the paper from then on.
ALTER TABLE component ADD COLUMN paper jsonb;
COMMENT ON COLUMN component.paper IS 'what stands on the paper, as a clerk read it: number, issuer, day of issue, last day; NULL = nobody said';
