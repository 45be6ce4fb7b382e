namespace NJepa.Data;

/// <summary>How an image is cropped, resized and mirrored, in pixels of the upright image at full size.</summary>
internal readonly record struct CropPlan(AxisPlan Horizontal, AxisPlan Vertical);
