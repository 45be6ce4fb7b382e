using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training.Tests;

public sealed class FlatAdamWTests : TensorTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Steps_equal_adamw_in_double_precision(bool fused)
    {
        using JepaModel model = Parity.TinyModel().Build();
        using var optimizer = new FlatAdamW(model.Parameters, 0.8, 0.95, 1e-6, fused);
        long count = model.Parameters.Count;
        double[] p = Read(model.Parameters.Values), m = new double[count], v = new double[count];
        for (int step = 1; step <= 4; step++)
        {
            double[] g = FillGradients(model, step);
            optimizer.Step(0.01 * step, 0.3);
            for (long i = 0; i < count; i++)
            {
                m[i] = (0.8 * m[i]) + (0.2 * g[i]);
                v[i] = (0.95 * v[i]) + (0.05 * g[i] * g[i]);
                p[i] *= 1 - (i < model.Parameters.DecayedCount ? 0.01 * step * 0.3 : 0);
                p[i] -= 0.01 * step * (m[i] / (1 - Math.Pow(0.8, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-6);
            }
        }

        optimizer.Steps.Should().Be(4);
        Read(model.Parameters.Values).Zip(p, (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-6);
        Read(optimizer.FirstMoment).Zip(m, (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-6);
        Read(optimizer.SecondMoment).Zip(v, (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Zero_gradients_still_decay_matrices_and_leave_biases_alone()
    {
        using JepaModel model = Parity.TinyModel().Build();
        using var optimizer = new FlatAdamW(model.Parameters);
        double[] before = Read(model.Parameters.Values);
        optimizer.Step(0.1, 0.5);
        double[] after = Read(model.Parameters.Values);
        for (int i = 0; i < after.Length; i++)
        {
            double expected = i < model.Parameters.DecayedCount ? before[i] * 0.95 : before[i];
            after[i].Should().BeApproximately(expected, 1e-7);
        }
    }

    [Fact]
    public void The_ways_with_and_without_a_fused_kernel_agree()
    {
        using JepaModel model = Parity.TinyModel().Build(), other = Parity.TinyModel().Build(), byDefault = Parity.TinyModel().Build();
        using FlatAdamW fused = new(model.Parameters, 0.9, 0.999, 1e-8, fused: true), plain = new(other.Parameters, 0.9, 0.999, 1e-8, fused: false), chosen = new(byDefault.Parameters);
        for (int step = 1; step <= 5; step++)
        {
            foreach ((JepaModel trained, FlatAdamW optimizer) in new[] { (model, fused), (other, plain), (byDefault, chosen) })
            {
                FillGradients(trained, step);
                optimizer.Step(0.01, 0.2);
            }
        }

        Read(other.Parameters.Values).Zip(Read(model.Parameters.Values), (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-6);
        Read(byDefault.Parameters.Values).Should().Equal(Read(model.Parameters.Values), "the processor has a fused kernel");
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1e6)]
    public void Clipping_scales_long_gradients_to_the_limit_and_leaves_short_ones(double limit)
    {
        using JepaModel model = Parity.TinyModel().Build();
        using var optimizer = new FlatAdamW(model.Parameters);
        double[] gradients = FillGradients(model, 1);
        double norm = Math.Sqrt(gradients.Sum(g => g * g));
        norm.Should().BeInRange(2, 1e5);
        optimizer.ClipGradients(limit);
        double[] clipped = Read(model.Parameters.Gradients!);
        double factor = Math.Min(1, limit / norm);
        clipped.Zip(gradients, (actual, given) => Math.Abs(actual - (given * factor))).Max().Should().BeLessThan(1e-5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_blocked_step_changes_nothing_whatever_the_gradients(bool fused)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Parity.TinyModel().Build(), other = Parity.TinyModel().Build();
        using FlatAdamW optimizer = new(model.Parameters, 0.9, 0.999, 1e-8, fused), expected = new(other.Parameters, 0.9, 0.999, 1e-8, fused);
        Tensor block = tensor(1f), pass = tensor(0f);
        for (int step = 1; step <= 3; step++)
        {
            model.Parameters.Gradients!.fill_(step == 2 ? float.PositiveInfinity : float.NaN);
            optimizer.Step(0.1, 0.2, block);
            optimizer.Steps.Should().Be(step - 1);
            FillGradients(model, step);
            FillGradients(other, step);
            optimizer.Step(0.1, 0.2, pass);
            expected.Step(0.1, 0.2);
            foreach ((Tensor actual, Tensor right) in new[] { (model.Parameters.Values, other.Parameters.Values), (optimizer.FirstMoment, expected.FirstMoment), (optimizer.SecondMoment, expected.SecondMoment) })
            {
                actual.bytes.SequenceEqual(right.bytes).Should().BeTrue();
            }
        }

        optimizer.Steps.Should().Be(3);
        expected.Steps.Should().Be(3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_optimizer_goes_on_from_its_moments_and_steps(bool fused)
    {
        using JepaModel model = Parity.TinyModel().Build(), other = Parity.TinyModel().Build();
        using FlatAdamW whole = new(model.Parameters, 0.9, 0.999, 1e-8, fused), begun = new(other.Parameters, 0.9, 0.999, 1e-8, fused), resumed = new(other.Parameters, 0.9, 0.999, 1e-8, fused);
        for (int step = 1; step <= 6; step++)
        {
            FillGradients(model, step);
            FillGradients(other, step);
            whole.Step(0.01, 0.2);
            (step <= 3 ? begun : resumed).Step(0.01, 0.2);
            if (step == 3)
            {
                resumed.FirstMoment.copy_(begun.FirstMoment);
                resumed.SecondMoment.copy_(begun.SecondMoment);
                resumed.Restore(begun.Steps);
            }
        }

        resumed.Steps.Should().Be(6);
        Read(other.Parameters.Values).Should().Equal(Read(model.Parameters.Values));
    }

    [Fact]
    public void More_steps_than_float32_can_count_are_counted()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Parity.TinyModel().Build();
        using var optimizer = new FlatAdamW(model.Parameters);
        optimizer.Restore(1L << 24);
        optimizer.Step(0.01, 0);
        optimizer.Step(0.01, 0, tensor(0f));
        optimizer.Step(0.01, 0, tensor(1f));
        optimizer.Steps.Should().Be((1L << 24) + 2);
        Action back = () => optimizer.Restore(-1);
        back.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Parameters_without_gradients_are_refused()
    {
        using JepaModel model = Parity.TinyModel().Build();
        Action make = () => _ = new FlatAdamW(model.TeacherParameters);
        make.Should().Throw<ArgumentException>().WithMessage("These parameters are not trained and have no gradients.*");
    }

    [Fact]
    public void Numbers_that_would_spoil_the_weights_are_refused()
    {
        using JepaModel model = Parity.TinyModel().Build();
        using var optimizer = new FlatAdamW(model.Parameters);
        double[] before = Read(model.Parameters.Values);
        foreach ((Action wrong, string message) in new (Action, string)[]
        {
            (() => _ = new FlatAdamW(model.Parameters, beta1: 1), "beta1 is 1; a decay rate must be at least 0 and below 1 (default 0.9).*"),
            (() => _ = new FlatAdamW(model.Parameters, beta2: double.NaN), "beta2 is NaN; a decay rate must be at least 0 and below 1 (default 0.999).*"),
            (() => _ = new FlatAdamW(model.Parameters, epsilon: 0), "epsilon is 0; it must be finite and above 0 (default 1e-8).*"),
            (() => optimizer.Step(double.NaN, 0), "learningRate is NaN; it must be finite and at least 0.*"),
            (() => optimizer.Step(0.1, -1), "weightDecay is -1; it must be finite and at least 0.*"),
            (() => optimizer.ClipGradients(0), "maxNorm is 0; it must be finite and above 0; leave the call out to clip nothing.*"),
        })
        {
            wrong.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);
        }

        optimizer.Steps.Should().Be(0);
        Read(model.Parameters.Values).Should().Equal(before);
    }

    [Fact]
    public void What_is_disposed_says_so()
    {
        JepaModel model = Parity.TinyModel().Build();
        using var left = new FlatAdamW(model.Parameters);
        var optimizer = new FlatAdamW(model.Parameters);
        optimizer.Dispose();
        foreach (Action use in new Action[] { () => optimizer.Step(0.1, 0), () => optimizer.ClipGradients(1) })
        {
            use.Should().Throw<ObjectDisposedException>().Which.ObjectName.Should().Contain(nameof(FlatAdamW));
        }

        model.Dispose();
        Action step = () => left.Step(0.1, 0), make = () => _ = new FlatAdamW(model.Parameters);
        step.Should().Throw<ObjectDisposedException>().Which.ObjectName.Should().Contain(nameof(ParameterBuffer));
        make.Should().Throw<ObjectDisposedException>();
    }

    private static double[] FillGradients(JepaModel model, int step)
    {
        float[] values = [.. Enumerable.Range(0, (int)model.Parameters.Count).Select(i => (float)Math.Sin((i * 0.37) + step))];
        using Tensor drawn = tensor(values);
        model.Parameters.Gradients!.copy_(drawn);
        return [.. values.Select(value => (double)value)];
    }

    private static double[] Read(Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        return values.detach().to_type(ScalarType.Float64).data<double>().ToArray();
    }
}
