"""Search by name, and lists of what does not exist here."""
from harness import EsclusaTest, Repository


class Search(EsclusaTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, flag in (("demo/shop-front", "--public"), ("demo/a_b", "--public"),
                           ("demo/shop-back", "--private"), ("others/shop", "--public")):
            git = Repository(cls.server.folder / name)
            git.commit("Begin", {"file": "text\n"})
            cls.server.add_repository(name, git, flag)
        cls.reader = cls.server.user_with("reader", "repo", "demo/shop-back", "read")

    def search(self, what, query, status=200, api=None):
        answer = (api or self.api).get(f"/search/{what}?{query}")
        self.assertEqual(answer.status, status, answer)
        return answer

    def names(self, query, api=None):
        found = self.search("repositories", query, api=api).json
        self.assertIs(found["incomplete_results"], False)
        self.assertEqual(found["total_count"], len(found["items"]))
        return [one["full_name"] for one in found["items"]]

    def test_repositories_by_words_of_their_names(self):
        self.assertEqual(self.names("q=SHOP"),
                         ["demo/shop", "demo/shop-back", "demo/shop-front", "others/shop"])
        self.assertEqual(self.names("q=shop+front"), ["demo/shop-front"])
        self.assertEqual(self.names("q=demo/shop-"), ["demo/shop-back", "demo/shop-front"])
        self.assertEqual(self.names("q=shop+user:Others+in:name"), ["others/shop"])
        self.assertEqual(self.names("q=a_b"), ["demo/a_b"])
        for query in ("q=shop+stars:>1", "q=a%25b", "q=_hop", "q=nope", "q=shop+org:nope"):
            self.assertEqual(self.names(query), [], query)

    def test_only_what_the_caller_may_read(self):
        public = ["demo/shop-front", "others/shop"]
        self.assertEqual(self.names("q=shop", self.server.api(None)), public)
        self.assertEqual(self.names("q=shop", self.reader), ["demo/shop-back", *public])
        narrow = self.server.api(self.server.create_token("reader", "public_repo"))
        self.assertEqual(self.names("q=shop", narrow), public)

    def test_pages(self):
        first = self.search("repositories", "q=shop&per_page=3")
        self.assertEqual((first.json["total_count"], len(first.json["items"])), (4, 3))
        self.assertEqual([rel for rel, _ in first.links()], ["next", "last"])
        self.assertEqual(len(self.api.get(dict(first.links())["next"]).json["items"]), 1)
        self.assertEqual([one["score"] for one in first.json["items"]], [1, 1, 1])
        self.assert_error(self.search("repositories", "q=shop&per_page=100&page=11", 422), 422,
                          "Only the first 1000 search results are available")

    def test_accounts_by_their_logins(self):
        found = self.search("users", "q=READ").json
        self.assertEqual([one["login"] for one in found["items"]], ["reader"])
        self.assertEqual(self.search("users", "q=nobody-here").json["total_count"], 0)

    def test_what_is_not_there_and_what_is_not_searched(self):
        nothing = {"total_count": 0, "incomplete_results": False, "items": []}
        for what in ("issues", "labels", "topics"):
            self.assertEqual(self.search(what, "q=shop").json, nothing)
        for what in ("commits", "code"):
            self.assertEqual(self.search(what, "q=shop").json,
                             {**nothing, "incomplete_results": True})

    def test_a_query_is_required(self):
        for what in ("repositories", "users", "issues", "labels", "topics", "commits", "code"):
            for query in ("", "q="):
                error = self.search(what, query, 422).json
                self.assertEqual(error["errors"],
                                 [{"resource": "Search", "field": "q", "code": "missing"}])
            self.search(what, "q=" + 257 * "x", 422)

    def test_the_index_of_the_api_names_empty_lists(self):
        index = self.api.get("/api/v3").json
        for name, empty in (("emails_url", []), ("events_url", []), ("issues_url", []),
                            ("keys_url", []), ("notifications_url", []), ("emojis_url", {})):
            self.assertEqual(self.api.get(index[name]).json, empty, name)
        self.assertEqual(self.api.get(index["feeds_url"]).json["_links"]["user"]["type"],
                         "application/atom+xml")
        for path in ("/users/nope/followers", "/orgs/nope/events", "/orgs/reader/public_members"):
            self.assertEqual(self.api.get(path).status, 404, path)
        for path in ("/issues", "/user/emails"):
            self.assertEqual(self.server.api(None).get(path).status, 401, path)
