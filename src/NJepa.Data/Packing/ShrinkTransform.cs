namespace NJepa.Data;

/// <summary>The whole image, its shorter side reduced to <paramref name="ShorterSide"/> pixels; a smaller image stays as it is.</summary>
internal sealed record ShrinkTransform(int ShorterSide) : ImageTransform
{
    public override IReadOnlyList<string> Validate() => [];

    /// <summary>The size of an upright image after shrinking.</summary>
    public ShrunkSize Size(int width, int height)
    {
        int shorter = Math.Min(width, height);
        return shorter <= ShorterSide
            ? new ShrunkSize(width, height, width, height)
            : new ShrunkSize(Scale(width, shorter), Scale(height, shorter), width, height);
    }

    internal override CropPlan Plan(int width, int height, SampleKey key)
    {
        ShrunkSize size = Size(width, height);
        return new CropPlan(AxisPlan.Whole(0, width, size.Width), AxisPlan.Whole(0, height, size.Height));
    }

    private int Scale(int length, int shorter) => (int)Math.Round((double)length * ShorterSide / shorter);
}
