/** Every component that a site can embed, by one script tag. */
import "./active-jobs";
import "./job-progress";
import "./language-picker";
import "./operations";
import "./reader";
import "./upload";
