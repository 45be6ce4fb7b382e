namespace NJepa.Data;

/// <summary>
/// How one axis of the result is drawn from one axis of an upright image: the stretch from <see cref="Start"/> over <see cref="Length"/>
/// pixels is resized to <see cref="Total"/> pixels, of which <see cref="Count"/> from <see cref="First"/> on are wanted, mirrored or not.
/// </summary>
internal readonly record struct AxisPlan(double Start, double Length, long Total, long First, int Count, bool Mirror)
{
    /// <summary>A stretch resized to <paramref name="count"/> pixels, all of them wanted.</summary>
    public static AxisPlan Whole(double start, double length, int count, bool mirror = false) =>
        new(start, length, count, 0, count, mirror);
}
