/** Every component that a site can embed, by one script tag. */
import "./active-jobs";
import "./export-menu";
import "./job-progress";
import "./language-picker";
import "./on-demand";
import "./operations";
import "./reader";
import "./upload";
