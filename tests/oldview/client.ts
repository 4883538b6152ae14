/** The old frontend's client: the real one, for the tables as they are. */
import { createClient } from "@supabase/supabase-js";
import type { Database } from "./database.ts";

const [url = "http://127.0.0.1:1", user = ""] = process.argv.slice(2);

export const supabase = createClient<Database>(url, "sb_publishable_of_the_double", {
  accessToken: async () => user,
});
