"""Mutations in GraphQL: all that one asks for is one commit."""

import json

from tests.terminusdb.double.graphql_words import Field
from tests.terminusdb.double.refusals import Refusal, prolog
from tests.terminusdb.double.schema import Unfit
from tests.terminusdb.double.users import NAMED
from tests.terminusdb.double.writing import Writing

MUTATIONS = ("_commitInfo", "_insertDocuments", "_replaceDocuments", "_deleteDocuments")


class Fault(Exception):
    """An error in the answer; `data`: whether the answer says that there is none."""

    def __init__(self, message: str, column: int, path=None, *, data: bool = False) -> None:
        self.error = {"message": message, "locations": [{"line": 1, "column": column}]}
        if path:
            self.error["path"] = [path]
        self.data = data
        super().__init__(message)


class Mutation:
    def __init__(self, place, call) -> None:
        self.place, self.user = place, call.user
        if place.branch is None:
            name = place.head.identity
            raise unexpected(
                f'immutable_graph_update(commit_descriptor{{commit_id:"{name}",repository_descriptor:'
                "repository_descriptor{database_descriptor:database_descriptor{database_name:"
                f'"{place.database.name}",organization_name:"admin"}},repository_name:"local"}}}}),_10636'
            )

    def done(self, operation) -> dict:
        info = {"author": "admin", "message": "Mutation through GraphQL"}
        writing = Writing(self.place.state, "GraphQL")
        answer, removed = {}, []
        for each in operation.fields:
            if each.name not in MUTATIONS:
                raise Fault(f'Unknown field "{each.name}" on type "TerminusMutation"', each.column)
            answer[each.alias] = self._one(each, writing, info, removed)
        after = writing.after()
        if after.differs(self.place.state):
            author, message = info["author"], info["message"]
            self.place.database.commit(self.place.branch, after, author, message, NAMED + self.user)
        return answer

    def _one(self, each: Field, writing: Writing, info: dict, removed: list):
        if each.name == "_commitInfo":
            info |= each.arguments
            return True
        if each.name == "_deleteDocuments":
            return self._removed(each, writing, removed)
        documents = json.loads(each.arguments["json"])
        try:
            create = each.arguments.get("create", False)
            writing.take(documents, create=create, insert=each.name == "_insertDocuments")
        except Unfit as found:
            text = f"error(schema_check_failure([{prolog(found.witness)}]),context(prolog_stack([]),_))"
            raise Fault(f"prolog had the following exception: {text}", each.column, each.alias, data=True) from None
        except Refusal as refused:
            error = refused.body["api:error"]
            kinds = {"api:DocumentIdAlreadyExists": "can_not_insert_existing_object_with_id"}
            kind = kinds.get(error["@type"], "document_not_found")
            text = f"error({kind}('{error['api:document_id']}',{prolog(error['api:document'])}),_8956)"
            raise Fault(f"prolog had the following exception: {text}", each.column, each.alias, data=True) from None
        return writing.ids

    def _removed(self, each: Field, writing: Writing, removed: list) -> list[str]:
        for name in each.arguments["ids"]:
            identity = self.place.state.schema.data(name)
            if identity not in writing.documents:
                text = f'error(document_not_found("{identity}"),_19484)'
                raise Fault(f"prolog had the following exception: {text}", each.column, each.alias, data=True)
            if identity not in writing.written:  # NOTE what is written and deleted at once stays
                writing.remove([identity])
        return list(each.arguments["ids"])


def unexpected(text: str) -> Refusal:
    return Refusal(500, {"errors": [{"message": f"Unexpected error in graphql: error({text})"}]})
