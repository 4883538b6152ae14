/** The page. */
import "./page.css";
import "./app/app";
